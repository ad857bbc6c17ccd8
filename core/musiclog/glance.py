"""What a list shows of a run without its curves: what it says of itself, its newest step, its loss in small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .anomaly.roles import named_roles
from .records import Floats, News, Points, RunInfo, RunRef

SPARK_COLUMNS = 48

Spark = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A run as it was when it was read last. newest: Unix seconds of its newest point, or change to its files."""

    info: RunInfo
    step: float | None = None
    newest: float | None = None
    spark: Spark = ()


class Sketch:
    """The glance of one run, built up from the news of its reader; its curve is kept a hundred points long at most."""

    def __init__(self, ref: RunRef) -> None:
        self._ref = ref
        self._forget()

    def _forget(self) -> None:
        self._info = RunInfo(name=self._ref.name, format=self._ref.format)
        self._names: dict[str, None] = {}
        self._loss: str | None = None
        self._curve: list[tuple[Floats, Floats]] = []
        self._stride = 1
        self._step: float | None = None
        self._newest: float | None = None
        self._changed: float | None = None

    def tell(self, news: News) -> None:
        """Take in what a look at the run brought. Raises ReadError where kept columns are gone."""
        if news.restarted:
            self._forget()
        if news.info is not None:
            self._info = replace(news.info, environment={})
            self._newest = _latest(self._newest, news.info.heartbeat)
        self._changed = _latest(self._changed, news.changed)
        self._newest = _latest(self._newest, *(event.time for event in news.events))
        if news.columns is not None:
            self._draw(news.columns.points())
        if news.points:
            self._draw(news.points)

    def glance(self) -> Glance:
        steps, values = (np.concatenate([np.empty(0), *(part[axis] for part in self._curve)]) for axis in (0, 1))
        return Glance(self._info, self._step, _latest(self._newest, self._changed), spark(steps, values))

    def _draw(self, points: Mapping[str, Points]) -> None:
        self._names.update(dict.fromkeys(points))
        loss = main_loss(tuple(self._names))
        if loss != self._loss:
            self._loss, self._curve, self._stride = loss, [], 1
        batch = points.get(loss) if loss is not None else next(iter(points.values()))
        if batch is None or not len(batch):
            return
        self._step = float(batch.steps[-1])
        self._newest = _latest(self._newest, *batch.times[np.isfinite(batch.times)][-1:].tolist())
        if loss is not None:
            self._extend(batch)

    def _extend(self, batch: Points) -> None:
        self._curve.append((batch.steps[:: self._stride].copy(), batch.values[:: self._stride].copy()))
        while sum(len(steps) for steps, _ in self._curve) > 2 * SPARK_COLUMNS:
            joined = [np.concatenate([part[axis] for part in self._curve])[::2] for axis in (0, 1)]
            self._curve, self._stride = [(joined[0], joined[1])], 2 * self._stride


def _latest(*times: float | None) -> float | None:
    return max((each for each in times if each is not None), default=None)


@lru_cache(maxsize=256)
def main_loss(names: tuple[str, ...]) -> str | None:
    """The metric that tells best how training goes, by its role; None where there is no loss."""
    roles = named_roles(list(names))
    wanted = ("loss", "train_loss", "part_loss", "validation_loss")
    return next((name for role in wanted for name in names if roles[name] == role), None)


def spark(x: Floats, y: Floats) -> Spark:
    """A curve with both axes from 0 to 1, a few points wide; empty while there is no line to draw."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) > 4 * SPARK_COLUMNS:  # a short window is handed out as it is
        x, y = x[:: len(x) // (2 * SPARK_COLUMNS)], y[:: len(y) // (2 * SPARK_COLUMNS)]
    if not len(x) or x.max() <= x.min():
        return ()
    low, high = np.quantile(y, (0.0, 0.98))
    if high <= low:
        return ()
    across, up = (x - x.min()) / (x.max() - x.min()), np.clip((y - low) / (high - low), 0, 1)
    return tuple(zip(across.round(3).tolist(), up.round(3).tolist(), strict=True))
