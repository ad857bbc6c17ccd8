"""The range in which the bulk of the values lies, and how many points it hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .records import Floats

# A look at so many values of every curve is enough for its quantiles: their error is then below 0.2 %.
_LOOKED_AT: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Clip:
    """The range that shows the bulk of the values, and how many points it hides."""

    low: float
    high: float
    below: int
    above: int
    total: int  # finite points

    @property
    def hidden(self) -> int:
        return self.below + self.above

    def __str__(self) -> str:
        """What a chart writes into its corner; empty where nothing is hidden."""
        if not self.hidden:
            return ""
        where = [f"{n:,} {side}" for n, side in ((self.above, "above"), (self.below, "below")) if n]
        points = "point" if self.hidden == 1 else "points"
        return f"{self.hidden:,} of {self.total:,} {points} hidden: {', '.join(where)}"


def clip(curves: Sequence[Floats], share: float = 0.02, reach: float = 1.5) -> Clip | None:
    """The range without outliers of all curves together; None where no value is finite.

    An outlier lies further outside of the middle values (all but share on each side) than reach times their width;
    that is Tukey's fence (Exploratory Data Analysis, 1977) around wider quantiles, since training curves are skewed
    and the steep fall at their start is no outlier as long as it lasts. Every curve has the same say, however long.
    The range ends at a real value, so that nothing empty is shown. Hidden points are counted exactly. On a
    logarithmic axis hand in logarithms.
    """
    finite = [values[np.isfinite(values)] for values in curves]
    finite = [values for values in finite if len(values)]
    if not finite:
        return None
    looks = [np.quantile(some_of(values), (share, 1 - share), method="nearest") for values in finite]
    floor, ceiling = min(float(look[0]) for look in looks), max(float(look[1]) for look in looks)
    width = (ceiling - floor) * reach
    if width == 0:  # a constant with spikes: the fence of a constant would hide every single other value
        return _clip(finite, min(float(v.min()) for v in finite), max(float(v.max()) for v in finite))
    return _clip(finite, floor - width, ceiling + width)


def _clip(curves: Sequence[Floats], low: float, high: float) -> Clip:
    inside = [values[(values >= low) & (values <= high)] for values in curves]
    inside = [values for values in inside if len(values)]
    return Clip(
        low=min(float(values.min()) for values in inside),
        high=max(float(values.max()) for values in inside),
        below=sum(int((values < low).sum()) for values in curves),
        above=sum(int((values > high).sum()) for values in curves),
        total=sum(map(len, curves)),
    )


def some_of(values: Floats) -> Floats:
    """All of a few values, evenly chosen ones of many."""
    return values[:: max(1, len(values) // _LOOKED_AT)]
