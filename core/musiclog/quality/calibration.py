"""What scores are measured against: the tables and bands of human music, as a file of numbers with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from musiclog.quality.bands import Bands, Floats, stack
from musiclog.quality.recipe import FEATURES, WEIGHT
from musiclog.quality.tables import INTERVAL_CLASSES, RATIO_CLASSES, SONORITIES, Tables

FREE = "free"  # the set of excerpts without a metrical grid: performances


@dataclass(frozen=True, eq=False)
class Calibration:
    """Bands over all styles, bands of each style, bands of performances, and the tables of surprise.

    steadiness says for each feature how little it differs between styles, 0 to 1: a feature that mostly tells styles
    apart says little about quality in a style that nobody measured.
    usual: (length classes, 1 + metrics, 3) what such music itself scores in all and in each metric: 80 of 100 excerpts
    from low to high, half over typical.
    texture: what distance.texture_allowance takes.
    """

    version: str
    origin: Mapping[str, Any]
    tables: Tables
    overall: Bands
    styles: Mapping[str, Bands]
    steadiness: Floats
    usual: Floats
    texture: Floats

    @cached_property
    def stacked(self) -> Floats:
        """(length classes, 1 + styles + 1, 3, features): all styles together, each style, performances last."""
        metrical = [bands for name, bands in self.styles.items() if name != FREE]
        free = self.styles.get(FREE, self.overall)
        return stack([self.overall, *metrical, free])

    @cached_property
    def weights(self) -> Floats:
        """(features,) what each counts within its metric."""
        return WEIGHT * np.sqrt(self.steadiness)

    def to_json(self) -> bytes:
        data = {
            "version": self.version,
            "origin": self.origin,
            "overall": self.overall.to_lists(),
            "styles": {name: bands.to_lists() for name, bands in self.styles.items()},
            "steadiness": {name: round(float(share), 3) for name, share in zip(FEATURES, self.steadiness, strict=True)},
            "texture": [[[float(f"{value:.4g}") for value in row] for row in rows] for rows in self.texture],
            "usual": np.round(self.usual, 3).tolist(),
            "ratio_bits": np.round(self.tables.ratio_bits, 2).ravel().tolist(),
            "interval_bits": np.round(self.tables.interval_bits, 2).ravel().tolist(),
            "step_bits": np.round(self.tables.step_bits, 2).ravel().tolist(),
            "sonority_bits": np.round(self.tables.sonority_bits[1::2], 2).ravel().tolist(),
        }
        return orjson.dumps(data)

    @classmethod
    def from_json(cls, text: bytes) -> Calibration:
        data = orjson.loads(text)
        sonority = np.zeros(SONORITIES)
        sonority[1::2] = data["sonority_bits"]
        tables = Tables(
            ratio_bits=np.array(data["ratio_bits"]).reshape(RATIO_CLASSES, RATIO_CLASSES),
            interval_bits=np.array(data["interval_bits"]).reshape(INTERVAL_CLASSES, INTERVAL_CLASSES),
            sonority_bits=sonority,
            step_bits=np.array(data["step_bits"]),
        )
        return cls(
            version=data["version"],
            origin=data["origin"],
            tables=tables,
            overall=Bands.from_lists(data["overall"]),
            styles={name: Bands.from_lists(bands) for name, bands in data["styles"].items()},
            steadiness=np.array([data["steadiness"].get(feature, 1.0) for feature in FEATURES]),
            usual=np.array(data["usual"], np.float64),
            texture=np.array(data["texture"], np.float64),
        )


def load(path: Path) -> Calibration:
    """A calibration from a file that `python -m musiclog.quality.calibrate` wrote."""
    return Calibration.from_json(path.read_bytes())


@cache
def human() -> Calibration:
    """The calibration that ships with the program: human music of several styles."""
    return Calibration.from_json((files("musiclog_resources") / "calibration" / "human.json").read_bytes())
