"""How values become heights, or places on a line: as they are, by their logarithm, or by one that goes through zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from musiclog.records import Floats
from musiclog.symlog import Symlog


@dataclass(frozen=True, slots=True)
class YScale:
    """One of three kinds: plain; log; log with symlog, where values are zero or negative."""

    log: bool = False
    symlog: Symlog | None = None

    @property
    def word(self) -> str:
        return "" if not self.log else "log" if self.symlog is None else "log through zero"

    def up(self, values: Floats) -> Floats:
        """Values as the chart places them; NaN where they have no place."""
        if not self.log:
            return values
        if self.symlog is not None:
            return self.symlog.forward(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def place(self, value: float) -> float:
        """up() of one value."""
        if not self.log:
            return value
        if self.symlog is not None:
            return float(self.symlog.forward(np.array(value)))
        return math.log10(value) if value > 0 else math.nan

    def value(self, place: float) -> float:
        """The value that stands at a place."""
        if not self.log:
            return place
        if self.symlog is not None:
            return float(self.symlog.back(np.array(place)))
        return 10.0 ** min(max(place, -300.0), 300.0)


PLAIN = YScale()
LOG = YScale(log=True)
