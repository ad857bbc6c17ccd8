"""The rules on the training loss over many values at once: spikes, divergence, oscillation, plateau."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..anomaly.divergence import _EVERY, DivergenceRule
from ..anomaly.loss import LossWatch
from ..anomaly.oscillation import _WARM_UP, OscillationRule
from ..anomaly.plateau import _MOST, PlateauRule
from ..columns import Indices
from ..records import Floats
from .leap import NOWHERE, Marks, Stretch, finite, first, where
from .plain import WeightChanges
from .sliding import Slide, added, is_full, latest, push_all

_ANCHORED = 80  # steps for which DivergenceRule has no memory after a weight was changed


class LossLeap:
    def __init__(self, watch: LossWatch, changes: WeightChanges) -> None:
        self._watch = watch
        self._divergence = DivergenceLeap(watch._divergence, changes)
        self._oscillation = OscillationLeap(watch._oscillation)
        self._plateau = PlateauLeap(watch._plateau)

    def is_calm(self) -> bool:
        watch = self._watch
        if not is_full(watch._window) or watch._spike.suspected or watch._held:
            return False
        return self._divergence.is_calm() and self._oscillation.is_calm()

    def reach(self, values: Floats) -> int:
        """A loss of 0.0 may stand for NaN; whether it does is seen in its row."""
        return min(finite(values), first(values == 0.0))

    def foresee(self, stretch: Stretch) -> Indices:
        self._stretch = stretch
        self._first = self._watch._count
        values = stretch.values
        counts = self._first + 1 + np.arange(len(values))  # LossWatch._count at each value
        self._window = Slide(self._watch._window, values)
        self._median = self._window.median[:-1]
        self._excess = values - self._median
        self._foresee_sigma(counts)
        divergence = self._divergence.foresee(stretch, counts, self._sigma_after)
        oscillation = self._oscillation.foresee(self._excess, self._median, counts)
        return np.concatenate([self._spikes(), divergence, oscillation, self._plateau.foresee(values)])

    def leap(self, start: int, stop: int) -> None:
        watch, last = self._watch, stop - 1
        self._divergence.leap(stop)
        self._oscillation.leap(start, stop)
        self._plateau.leap(start, stop)
        self._window.move(stop)
        push_all(watch._residuals, self._excess[start:stop])
        watch._count = self._first + stop
        watch._sigma = float(self._sigma_after[last])
        self._tell_context(start, stop)

    def _foresee_sigma(self, counts: Indices) -> None:
        """LossWatch._sigma after each value, which is renewed at every fourth, and the one that each is judged by."""
        window = self._window
        renewed = counts % 4 == 0
        sigma = np.maximum(window.spread, window.scatter_above)[1:]
        place = latest(renewed)
        self._sigma_after: Floats = np.where(place >= 0, sigma[place], self._watch._sigma)
        raw = np.concatenate([[self._watch._sigma], self._sigma_after[:-1]])
        self._scale = np.abs(self._median)
        floor = 0.004 * self._scale
        self._sigma: Floats = np.where((raw < floor) | (raw < 1e-9), np.maximum(floor, 1e-9), raw)

    def _spikes(self) -> Indices:
        """Unusual, large and above all of its window; whether it counts depends on the rest of its row."""
        values, scale = self._stretch.values, self._scale
        surprise = self._excess / self._sigma / self._watch._context.caution
        above = values >= self._window.at(-1)[:-1] + 0.075 * scale
        return np.flatnonzero((self._excess > 0.15 * scale) & above & (surprise >= 5))

    def _tell_context(self, start: int, stop: int) -> None:
        context, stretch, last = self._watch._context, self._stretch, stop - 1
        context.loss = float(stretch.values[last])
        context.loss_at = int(stretch.counts[last])
        context.loss_sum = added(context.loss_sum, stretch.values[start:stop])
        context.loss_count += stop - start
        context.loss_median = float(self._median[last])
        context.loss_sigma = float(self._sigma[last])
        context.loss_surprise = float(self._excess[last]) / context.loss_sigma


class DivergenceLeap:
    """Every second value."""

    def __init__(self, rule: DivergenceRule, changes: WeightChanges) -> None:
        self._rule, self._changes = rule, changes

    def is_calm(self) -> bool:
        rule = self._rule
        return is_full(rule._smooth) and rule._best is not None and not rule._episode.suspected

    def foresee(self, stretch: Stretch, counts: Indices, sigma: Floats) -> Indices:
        rule = self._rule
        self._own = own = where(counts % _EVERY == 0)
        self._best = rule._best or 0.0
        self._smooth = Slide(rule._smooth, stretch.values[own])
        self._level = level = self._smooth.median[1:]
        self._renewed_at = latest(self._renewed(stretch.rows[own], stretch.counts[own]))
        self._sigma, self._steps = sigma[own], stretch.steps[own]
        known = self._renewed_at >= 0
        best = np.where(known, level[self._renewed_at], self._best)
        usual = np.where(known, self._sigma[self._renewed_at], rule._sigma)
        rise, start = level - best, rule._start or 0.0
        wrong = (rise > self._least(best, start)) & (rise > 5 * usual) & (rise > 0.25 * (start - best))
        return own[where(wrong)]

    def leap(self, stop: int) -> None:
        rule = self._rule
        n = int(self._own.searchsorted(stop))
        self._smooth.move(n)
        at = int(self._renewed_at[n - 1]) if n else -1
        if at >= 0:
            rule._best, rule._best_step = float(self._level[at]), float(self._steps[at])
            rule._sigma = float(self._sigma[at])

    def _renewed(self, rows: Indices, counts: Indices) -> Marks:
        """Where the level becomes the best: it is lower than all before, or the objective changed lately."""
        changes = np.concatenate([[self._rule._context.weights_changed_at], self._changes.counts])
        changed_at = changes[self._changes.rows.searchsorted(rows, side="right")]
        anchored = counts - changed_at <= _ANCHORED
        renewed: Marks = anchored.copy()
        best = self._best
        for a, b in pairwise([0, *(np.flatnonzero(np.diff(anchored)) + 1).tolist(), len(anchored)]):
            if b > a and not anchored[a]:
                renewed[a:b] = self._level[a:b] < np.minimum.accumulate(np.append(best, self._level[a : b - 1]))
            elif b > a:
                best = float(self._level[b - 1])
        return renewed

    def _least(self, best: Floats, start: float) -> Floats:
        context = self._rule._context
        if not context.adversarial:
            return 0.3 * context.caution * np.abs(best)
        return 1.5 * context.caution * np.maximum(np.abs(best), abs(start))


class OscillationLeap:
    """Every second residual; the spread of the last 32 at every fourth value, remembered at every eighth."""

    def __init__(self, rule: OscillationRule) -> None:
        self._rule = rule

    def is_calm(self) -> bool:
        rule = self._rule
        return is_full(rule._residuals) and is_full(rule._usual) and not rule._episode.suspected

    def foresee(self, excess: Floats, median: Floats, counts: Indices) -> Indices:
        rule, caution = self._rule, self._rule._context.caution
        self._own = where(counts % 2 == 0)
        self._values = excess[self._own]
        self._residuals = Slide(rule._residuals, self._values)
        judged = np.flatnonzero(counts[self._own] % 4 == 0)
        spread = self._residuals.at(28)[1:][judged] - self._residuals.at(4)[1:][judged]
        at = self._own[judged]
        remembered = counts[at] % 8 == 0
        self._remembered = at[remembered]
        self._usual = Slide(rule._usual, spread[remembered])
        if rule._context.adversarial:
            return NOWHERE
        usual = self._usual.median[np.cumsum(remembered) - remembered]
        swings = (spread > 0.12 * np.abs(median[at])) & (counts[at] >= _WARM_UP) & (spread > 3 * caution * usual)
        return at[where(swings)]

    def leap(self, start: int, stop: int) -> None:
        a, b = self._own.searchsorted((start, stop)).tolist()
        self._residuals.move(b)
        self._rule._history.extend(self._values[a:b].tolist())
        self._usual.move(int(self._remembered.searchsorted(stop)))


class PlateauLeap:
    """Sums until a block is complete; what completes one is looked at."""

    def __init__(self, rule: PlateauRule) -> None:
        self._rule = rule

    def foresee(self, values: Floats) -> Indices:
        self._values = values
        blocks = self._rule._blocks
        size, known = blocks.size, len(blocks.means)
        at, complete = size - blocks._count - 1, []
        while at < len(values):
            complete.append(at)
            known += 1
            if known >= _MOST:
                known, size = known // 2, size * 2
            at += size
        return np.array(complete, dtype=np.intp)

    def leap(self, start: int, stop: int) -> None:
        blocks = self._rule._blocks
        blocks._sum = added(blocks._sum, self._values[start:stop])
        blocks._count += stop - start
