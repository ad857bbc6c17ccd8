"""From notes to a score card: measure, compare with what is usual, point at places."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from musiclog.notes import Notes
from musiclog.quality.calibration import human
from musiclog.quality.card import Metric, ScoreCard
from musiclog.quality.copying import Copying
from musiclog.quality.distance import Distance, mixed_distance, single_distance
from musiclog.quality.extra_metrics import measure_extra
from musiclog.quality.features import measure
from musiclog.quality.findings import copied, find
from musiclog.quality.flags import flags_of
from musiclog.quality.piece import Floats, Piece
from musiclog.quality.recipe import GROUP_WEIGHT, METRICS
from musiclog.quality.reference import Reference
from musiclog.quality.values import metric_values

SHARPNESS = 1.5  # so that the median human excerpt has about 0.8 and notes by lot about 0.2
FULL_COVERAGE = 0.5  # with less than half of the recipe defined (drums alone, one bar) a piece earns its share only
FEWEST_NOTES = 16  # fewer notes cannot show what music shows, so they can earn only their share of a score


def score(notes: Notes, reference: Reference | None = None, *, with_findings: bool = True) -> ScoreCard:
    """Score a piece against human music of several styles, or against the reference's music.

    overall = exp(-1.5 · weighted mean over metrics of the mean over features of z²), z being the distance from the
    median in half-widths of the band that holds 96 % of pieces as long as this one. Undefined features and metrics
    are left out; so few notes or metrics that little can be known lower the score. It is typicality (Yang & Lerch
    2020), so neither more nor less of anything is better as such.
    """
    version = reference.version if reference else human().version
    if not len(notes):
        reason = "no notes"
        metrics = {name: Metric(None, None, reason) for name in METRICS} | {"overall": Metric(0.0, 0.0)}
        return ScoreCard(overall=0.0, metrics=metrics, flags=("empty",), calibration=version)
    piece = Piece(notes)
    measured = measure(piece, human().tables)
    distance = _distance(piece, measured, reference)
    closeness = {
        name: None if math.isnan(part) else math.exp(-SHARPNESS * part)
        for name, part in zip(METRICS, distance.by_metric.tolist(), strict=True)
    }
    overall = quality_of(distance) * min(1.0, len(notes) / FEWEST_NOTES)
    return ScoreCard(
        overall=overall,
        metrics={
            **metric_values(piece, measured, closeness),
            **measure_extra(notes),
            "overall": Metric(overall, overall),
        },
        features=measured,
        flags=flags_of(piece, measured),
        coverage=distance.coverage,
        findings=find(piece, _losses(distance)) if with_findings else (),
        calibration=version,
        note_count=len(notes),
        length_beats=notes.length_beats,
        length_s=notes.length_s,
        bars=piece.bar_count,
    )


def score_and_copies(
    notes: Notes, reference: Reference | None, *, with_findings: bool = True
) -> tuple[ScoreCard, Copying | None]:
    """The card, and what the piece has of the corpus note for note; where that is much, a finding of the card too.

    A copy costs nothing, since it is as usual as the corpus itself: who reads the score must be told.
    """
    card = score(notes, reference, with_findings=with_findings)
    if reference is None:
        return card, None
    copying = reference.copies(notes)
    if not (with_findings and copying.notable):
        return card, copying
    return replace(card, findings=(copied(copying, notes), *card.findings)), copying


def quality_of(distance: Distance) -> float:
    """0 to 1, of a piece with notes enough."""
    return math.exp(-SHARPNESS * distance.total) * min(1.0, distance.coverage / FULL_COVERAGE)


def _distance(piece: Piece, measured: dict[str, float], reference: Reference | None) -> Distance:
    calibration = human()
    if reference is not None:
        return single_distance(measured, piece.bar_count, reference.stacked, reference.weights)
    return mixed_distance(
        measured, piece.bar_count, calibration.stacked, calibration.weights, calibration.texture,
        metrical=piece.grid.present,
    )  # fmt: skip


def _losses(distance: Distance) -> dict[str, float]:
    """Each metric's share of what the piece lost against a perfect score, 0 to 1."""
    parts: Floats = np.where(np.isnan(distance.by_metric), 0.0, distance.by_metric) * GROUP_WEIGHT
    total = float(parts.sum())
    lost = 1 - math.exp(-SHARPNESS * distance.total) if math.isfinite(distance.total) else 1.0
    return {name: float(part) / total * lost if total > 0 else 0.0 for name, part in zip(METRICS, parts, strict=True)}
