"""Derive a calibration from folders of human music: python -m musiclog.quality.calibrate NAME=FOLDER ... -o FILE.

Each folder is one style and counts alike, however many pieces it holds. Only numbers leave: quantiles of features and
counts of steps and sonorities; no note of any piece.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from musiclog.errors import MidiError
from musiclog.notes import Notes, read_notes
from musiclog.quality.bands import LENGTHS, QUANTILES, Bands, at_length, deviations, stack
from musiclog.quality.calibration import FREE, Calibration
from musiclog.quality.distance import TEXTURE, Distance, mixed_distance
from musiclog.quality.excerpts import excerpts
from musiclog.quality.features import measure
from musiclog.quality.harmony import sonority_codes
from musiclog.quality.melody import interval_classes
from musiclog.quality.piece import Floats, Piece
from musiclog.quality.recipe import FEATURES
from musiclog.quality.reference import SUFFIXES
from musiclog.quality.rhythm import ratio_pairs
from musiclog.quality.tables import INTERVAL_CLASSES, RATIO_CLASSES, SONORITIES, Tables, bits, sonority_bits
from musiclog.quality.usual import bars_of_class, spread

PIECES_A_STYLE = 150
EXCERPTS_A_STYLE = 300  # a small set is cut at more places
STEPS_A_STYLE = 50_000.0  # what each style brings to the tables, whatever its size
FEWEST_EXCERPTS = 12  # of every length: fewer make no band of a style
CONTROL_BARS = 32
# How much of the slope is given back: least squares underrates a slope over properties that are themselves rough
# measures of texture. So much brings human solo and ensemble music within a quarter of a standard deviation.
TEXTURE_SHARE = 1.8
Sample = tuple[dict[str, float], bool, float]
Classes = Sequence[Sequence[dict[str, float]]]  # what was measured of excerpts, shortest class first


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m musiclog.quality.calibrate", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER", help="human music of one style each")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument(
        "--exclude", type=Path, help="a file with the end of one path a line (set/human/a.mid): not to be used"
    )
    parser.add_argument("--source", action="append", default=[], help="where a folder's music is from, and its licence")
    parser.add_argument("--version", default=datetime.now(UTC).strftime("human %Y-%m-%d"))
    options = parser.parse_args(arguments)
    excluded = frozenset(options.exclude.read_text().splitlines()) if options.exclude else frozenset()
    styles = {name: Path(folder) for name, folder in (entry.split("=", 1) for entry in options.folders)}
    music = {name: read_style(folder, excluded) for name, folder in styles.items()}
    options.output.write_bytes(derive(music, options.version, options.source).to_json())


def read_style(folder: Path, excluded: frozenset[str] = frozenset()) -> list[Notes]:
    """An even random choice of the folder's pieces, excluded and unreadable ones left out."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    paths = [path for path in paths if not excluded & {"/".join(path.parts[-count:]) for count in range(1, 5)}]
    pieces: list[Notes] = []
    for index in np.random.default_rng(1).permutation(len(paths)):
        try:
            notes = read_notes(paths[index])
        except MidiError:
            continue  # a calibration is made of what can be read; nobody waits for the rest
        if len(notes) >= 40:
            pieces.append(notes)
        if len(pieces) == PIECES_A_STYLE:
            break
    return pieces


def derive(music: Mapping[str, Sequence[Notes]], version: str, sources: Sequence[str] = ()) -> Calibration:
    """Tables, bands of all styles, of each style and of everything without a grid, and the steadiness of features."""
    tables = learn_tables(music)
    free = _empty_classes()
    bands: dict[str, Bands] = {}
    metrical: dict[str, list[list[dict[str, float]]]] = {}
    for name, pieces in music.items():
        classes = _empty_classes()
        starts = max(2, EXCERPTS_A_STYLE // max(1, len(pieces)))
        for notes in pieces:
            for index, part in excerpts(notes, min(starts, 8)):
                piece = Piece(part)
                (classes if piece.grid.present else free)[index].append(measure(piece, tables))
        if min(map(len, classes)) >= FEWEST_EXCERPTS:
            metrical[name] = classes
            bands[name] = Bands.measure(classes)
    overall = Bands.measure([_balanced([classes[index] for classes in metrical.values()]) for index in range(4)])
    origin = {
        "pieces": {name: len(pieces) for name, pieces in music.items()},
        "lengths_in_bars": [*LENGTHS, "whole"],
        "sources": list(sources),
    }
    if min(map(len, free)) >= FEWEST_EXCERPTS:
        bands[FREE] = Bands.measure(free)
    samples = [_sample(list(metrical.values()), free, index) for index in range(len(LENGTHS) + 1)]
    level, nothing = np.zeros((len(samples), 4, len(TEXTURE))), np.empty(0)
    made = Calibration(version, origin, tables, overall, bands, steadiness(metrical, overall), nothing, level)
    made = replace(made, texture=_texture(made, samples))
    return replace(made, usual=np.array([spread(_distances(made, i, sample)) for i, sample in enumerate(samples)]))


def learn_tables(music: Mapping[str, Sequence[Notes]]) -> Tables:
    """Count steps of length, steps of pitch and sonorities in all pieces, every style for as much as any other."""
    ratios = np.zeros((RATIO_CLASSES, RATIO_CLASSES))
    intervals = np.zeros((INTERVAL_CLASSES, INTERVAL_CLASSES))
    sonorities = np.zeros(SONORITIES)
    for pieces in music.values():
        counts = (np.zeros_like(ratios), np.zeros_like(intervals), np.zeros_like(sonorities))
        for notes in pieces:
            _count(Piece(notes), *counts)
        ratios += _share(counts[0])
        intervals += _share(counts[1])
        sonorities += _share(counts[2])
    upward = intervals.sum(axis=0)
    middle = INTERVAL_CLASSES // 2
    sizes = upward[middle:].copy()
    sizes[1:] += upward[:middle][::-1]
    return Tables(bits(ratios), bits(intervals), sonority_bits(sonorities), bits(sizes[None, :])[0])


def steadiness(metrical: Mapping[str, Sequence[Sequence[Mapping[str, float]]]], overall: Bands) -> Floats:
    """(features,) share of a feature's variance that lies within styles and not between them."""
    scale = at_length(stack([overall]), CONTROL_BARS)
    means, variances = [], []
    for classes in metrical.values():
        values = np.array([[found.get(feature, np.nan) for feature in FEATURES] for found in classes[2]])
        offset = np.clip([deviations(row, scale)[0] for row in values], -3, 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a feature that a whole style lacks has no mean there
            means.append(np.nanmean(offset, axis=0))
            variances.append(np.nanvar(offset, axis=0))
    within, between = np.nanmean(variances, axis=0), np.nanvar(means, axis=0)
    return np.asarray(np.nan_to_num(within / np.maximum(within + between, 1e-9), nan=1.0), np.float64)


def _sample(metrical: Sequence[Classes], free: Classes, index: int) -> list[Sample]:
    """As many excerpts of every style and of performances, each with whether it has a grid and its share of a style."""
    styles = [(classes[index], True) for classes in metrical] + [(free[index], False)]
    most = int(np.median([len(excerpts) for excerpts, _ in styles]))
    found: list[Sample] = []
    for excerpts_of_style, grid in styles:
        chosen = _some(excerpts_of_style, most)
        found += [(measured, grid, 1 / len(chosen)) for measured in chosen]
    return found


def _distances(calibration: Calibration, index: int, sample: Sequence[Sample]) -> list[Distance]:
    of = (bars_of_class(index), calibration.stacked, calibration.weights, calibration.texture)
    return [mixed_distance(measured, *of, metrical=grid) for measured, grid, _ in sample]


def _texture(calibration: Calibration, samples: Sequence[Sequence[Sample]]) -> Floats:
    """(length classes, 4, TEXTURE): how the distance of human music grows with its texture, one slope for all lengths.

    By weighted least squares within the length classes.
    """
    ranges, offsets, totals, weights = [], [], [], []
    for index, sample in enumerate(samples):
        values = np.array([[measured.get(name, np.nan) for name in TEXTURE] for measured, _, _ in sample])
        low, middle, high = np.nanquantile(values, QUANTILES, axis=0)
        offset = np.clip(np.where(np.isnan(values), middle, values), low, high)
        total = np.array([distance.total for distance in _distances(calibration, index, sample)])
        weight = np.array([share for _, _, share in sample])
        ranges.append((low, middle, high))
        offsets.append(offset - np.average(offset, axis=0, weights=weight))
        totals.append(total - np.average(total, weights=weight))
        weights.append(np.sqrt(weight))
    weight = np.concatenate(weights)
    slope = np.linalg.lstsq(np.concatenate(offsets) * weight[:, None], np.concatenate(totals) * weight, rcond=None)[0]
    return np.array([[*each, TEXTURE_SHARE * slope] for each in ranges])


def _share(counts: Floats) -> Floats:
    return counts / max(1.0, float(counts.sum())) * STEPS_A_STYLE


def _count(piece: Piece, ratios: Floats, intervals: Floats, sonorities: Floats) -> None:
    before, after = ratio_pairs(piece)
    np.add.at(ratios, (before, after), 1)
    lines = piece.lines
    steps = interval_classes(np.diff(lines.pitch))
    pair = lines.follows[2:] & lines.follows[1:-1]
    np.add.at(intervals, (steps[:-1][pair], steps[1:][pair]), 1)
    sounding, gap = piece.sounding_chroma, piece.sounding[1]
    chordal = (sounding.sum(axis=1) > 1) & (gap > 0)
    np.add.at(sonorities, sonority_codes(piece)[chordal], gap[chordal])


def _empty_classes() -> list[list[dict[str, float]]]:
    return [[] for _ in range(len(LENGTHS) + 1)]


def _balanced(styles: Sequence[Sequence[dict[str, float]]]) -> list[dict[str, float]]:
    """As many excerpts of every style, evenly chosen; a small style is taken whole."""
    most = int(np.median([len(style) for style in styles]))
    chosen: list[dict[str, float]] = []
    for style in styles:
        chosen += _some(style, most)
    return chosen


def _some(excerpts: Sequence[dict[str, float]], most: int) -> list[dict[str, float]]:
    """An even choice."""
    index = np.unique(np.linspace(0, len(excerpts) - 1, min(most, len(excerpts))).astype(int))
    return [excerpts[i] for i in index]


if __name__ == "__main__":
    main()
