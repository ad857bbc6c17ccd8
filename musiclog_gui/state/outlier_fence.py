"""The range without outliers that a chart shows, and how many points it hides, while more arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from musiclog.outliers import Clip, clip
from musiclog.records import Floats
from musiclog.series import Series
from musiclog.timeline import Axis

from .y_scale import YScale

# The fence moves when so much more has come; until then new points are only counted, as often as frames are drawn.
REFIT_GROWTH = 1.05


class OutlierFence:
    """Remembers the last fence; what arrives since is counted against it."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._clip: Clip | None = None
        self._counted: list[int] = []
        self._refit_at = 0.0

    def around(self, series: Sequence[Series], axis: Axis, x: tuple[float, float] | None, scale: YScale) -> Clip | None:
        """For what the series draw in a stretch of x (None: all). None where nothing is finite."""
        made_for = (tuple(map(id, series)), axis, x, scale, tuple(one.timeline.track(axis).turns for one in series))
        total = sum(map(len, series))
        if made_for != self._made_for or total > self._refit_at:
            self._made_for, self._refit_at = made_for, total * REFIT_GROWTH
            self._counted = [len(one) for one in series]
            self._clip = clip([self._seen(one, axis, x, scale) for one in series])
        else:
            self._count_new(series, axis, x, scale)
        return self._clip

    def _count_new(self, series: Sequence[Series], axis: Axis, x: tuple[float, float] | None, scale: YScale) -> None:
        fence = self._clip
        for number, one in enumerate(series):
            new = scale.up(one.since(self._counted[number]))
            if x is not None:
                at = one.x_since(axis, self._counted[number])
                new = new[(at >= x[0]) & (at <= x[1])]
            new = new[np.isfinite(new)]
            self._counted[number] = len(one)
            if fence is not None and len(new):
                below, above = int((new < fence.low).sum()), int((new > fence.high).sum())
                fence = replace(
                    fence, below=fence.below + below, above=fence.above + above, total=fence.total + len(new)
                )
        self._clip = fence

    @staticmethod
    def _seen(series: Series, axis: Axis, x: tuple[float, float] | None, scale: YScale) -> Floats:
        at, values = series.drawn(axis)
        if x is not None:
            values = values[(at >= x[0]) & (at <= x[1])]
        return scale.up(values)
