"""How much of a figure each setting explains, by a forest that learns the figure from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..records import Floats
from .analysis import load
from .estimate import SEED
from .settings import Setting

# A forest over fewer runs says more of the runs than of the settings.
LEAST_RUNS: Final = 10
FORESTS: Final = 40  # one a resampling of the runs; 95 % intervals go from their 1st to their 39th
TREES: Final = 40
BACKGROUND: Final = 200  # combinations of settings over which the rest is averaged out
GRID: Final = 12  # places along a setting of numbers


@dataclass(frozen=True, slots=True)
class Dependence:
    """Mean prediction along one setting, the others averaged out, four arrays of equal length.

    x: as told (not logarithms), or places among labels. low, high: 95 % over resampled runs.
    """

    x: Floats
    mean: Floats
    low: Floats
    high: Floats
    labels: tuple[str, ...] | None = None
    log: bool = False


@dataclass(frozen=True, slots=True)
class Influence:
    """One setting's part. Shares in [0, 1] with 95 % intervals over resampled runs.

    share: of the variance of the predictions, that of the setting alone (fANOVA's main effect).
    importance: by how much of its variance the figure is predicted worse for runs the forest has not seen when this
    setting is shuffled among them; None where no resampling left enough such runs.
    """

    key: str
    share: float
    share_low: float
    share_high: float
    importance: float | None
    importance_low: float | None
    importance_high: float | None
    dependence: Dependence


@dataclass(frozen=True, slots=True)
class Influences:
    """settings: largest share first. explained: share of the figure's variance in unseen runs that the forests
    predict; at or below zero they have learnt nothing and the shares mean nothing (usable is false)."""

    settings: tuple[Influence, ...]
    explained: float | None
    n: int
    why: str | None = None

    @property
    def usable(self) -> bool:
        return self.explained is not None and self.explained > 0 and bool(self.settings)


def influences(settings: Sequence[Setting], figure: Floats) -> Influences:
    """figure: (runs,) finite values. Takes about three seconds: 40 forests on resampled runs.

    Words enter as places, which trees can take apart. Assumes that the settings were varied freely of each other;
    the variance is that over independent combinations of the values that occurred.
    Sources: Breiman, Machine Learning 45, 2001; Hutter, Hoos & Leyton-Brown, ICML 2014; Friedman, Ann. Stat. 29, 2001.
    """
    n = len(figure)
    if n < LEAST_RUNS:
        return Influences((), None, n, f"{n} runs are too few for a forest; {LEAST_RUNS} are the least")
    if not settings or not float(figure.std()):
        return Influences((), None, n, "no setting differs" if not settings else "all runs came to the same value")
    x = np.column_stack([each.numbers for each in settings])
    rng = np.random.default_rng(SEED)
    grids = [_grid(each) for each in settings]
    background = np.column_stack([rng.choice(column, BACKGROUND) for column in x.T])
    shares, worse, curves, errors = [], [], [], []
    for number in range(FORESTS):
        drawn = rng.integers(0, n, n)
        unseen = np.setdiff1d(np.arange(n), drawn)
        forest = _forest(x[drawn], figure[drawn], number)
        along = [_along(forest, background, place, grid) for place, grid in enumerate(grids)]
        curves.append(along)
        shares.append(_shares(forest, background, x, grids, along))
        if len(unseen) > 1:
            errors.append((forest.predict(x[unseen]) - figure[unseen]) ** 2)
            worse.append(_shuffled(forest, x, figure, unseen, rng))
    explained = 1 - float(np.concatenate(errors).mean()) / float(figure.var()) if errors else None
    parts = [
        _influence(each, grids[place], np.array(shares)[:, place],
                   np.array(worse)[:, place] if worse else None, [along[place] for along in curves])
        for place, each in enumerate(settings)
    ]  # fmt: skip
    return Influences(tuple(sorted(parts, key=lambda part: -part.share)), explained, n)


def _forest(x: Floats, y: Floats, seed: int) -> Any:
    ensemble = load("sklearn.ensemble")
    return ensemble.RandomForestRegressor(n_estimators=TREES, min_samples_leaf=2, random_state=seed).fit(x, y)


def _grid(setting: Setting) -> Floats:
    known = np.unique(setting.numbers)
    return known if len(known) <= GRID else np.quantile(setting.numbers, np.linspace(0, 1, GRID))


def _along(forest: Any, background: Floats, place: int, grid: Floats) -> Floats:
    """Mean prediction at every place of the grid, all in one call: a call of a forest costs more than its rows."""
    rows = np.tile(background, (len(grid), 1))
    rows[:, place] = np.repeat(grid, len(background))
    result: Floats = forest.predict(rows).reshape(len(grid), len(background)).mean(axis=1)
    return result


def _shares(
    forest: Any, background: Floats, x: Floats, grids: Sequence[Floats], along: Sequence[Floats]
) -> list[float]:
    """Variance of each setting's mean curve, over the values that occurred, of that of all predictions."""
    whole = float(forest.predict(background).var())
    if not whole:
        return [0.0] * len(grids)
    return [
        min(1.0, float(np.interp(column, grid, curve).var()) / whole)
        for column, grid, curve in zip(x.T, grids, along, strict=True)
    ]


def _shuffled(forest: Any, x: Floats, figure: Floats, unseen: Any, rng: np.random.Generator) -> list[float]:
    rows = x[unseen]
    error = float(((forest.predict(rows) - figure[unseen]) ** 2).mean())
    found = []
    for place in range(x.shape[1]):
        repeats = np.tile(rows, (5, 1))
        repeats[:, place] = np.concatenate([rng.permutation(rows[:, place]) for _ in range(5)])
        wrong = float(((forest.predict(repeats) - np.tile(figure[unseen], 5)) ** 2).mean())
        found.append((wrong - error) / float(figure.var()))
    return found


def _influence(
    setting: Setting, grid: Floats, shares: Floats, lost: Floats | None, curves: Sequence[Floats]
) -> Influence:
    low, high = _ends(shares)
    lost_low, lost_high = (None, None) if lost is None else _ends(lost)
    stacked = np.array(curves)
    x = 10**grid if setting.log else grid
    bottom, top = np.quantile(stacked, (0.025, 0.975), axis=0)
    dependence = Dependence(x, stacked.mean(axis=0), bottom, top, setting.levels, setting.log)
    mean = None if lost is None else float(lost.mean())
    return Influence(setting.key, float(shares.mean()), low, high, mean, lost_low, lost_high, dependence)


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
