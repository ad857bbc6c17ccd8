"""The band of human music behind quality that was scored by it, for runs that logged none; without importing scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Any

import orjson

from .records import QualityBand

METRIC = "quality/overall"
LENGTHS = (2, 8, 32)  # bars of the excerpts that the calibration has; whole pieces come last
SOURCE = "human music of several styles"


def human_band(cards: Iterable[Mapping[str, Any] | None]) -> QualityBand | None:
    """For the score cards of a run's samples; None unless some were scored by the calibration that ships."""
    version, usual = _calibration()
    bars = [card["bars"] for card in cards if card and card.get("calibration") == version and card.get("bars")]
    if not bars:
        return None
    place = math.log2(max(1.0, median(bars)))
    index = len(LENGTHS)
    if place <= math.log2(2 * LENGTHS[-1]):  # past 64 bars whole pieces
        index = min(range(len(LENGTHS)), key=lambda each: abs(place - math.log2(LENGTHS[each])))
    low, typical, high = usual[index][0]
    length = f"{LENGTHS[index]} bars" if index < len(LENGTHS) else "whole pieces"
    return QualityBand(METRIC, low, typical, high, SOURCE, length)


@cache
def _calibration() -> tuple[str, list[list[list[float]]]]:
    """Its version, and what is usual: length class -> overall first -> low, typical, high."""
    data = orjson.loads((files("musiclog_resources") / "calibration" / "human.json").read_bytes())
    return data["version"], data["usual"]
