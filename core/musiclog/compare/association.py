"""Does a figure go with a setting: one test a setting, corrected for how many were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..records import Floats
from .contrast import LEVEL
from .rearrangements import deals
from .settings import Setting
from .several import holm_p, kruskal

# With fewer runs not even a perfect order is surely none of chance, once several settings are looked at.
LEAST_RUNS: Final = 6


@dataclass(frozen=True, slots=True)
class Association:
    """How a figure goes with one setting. rho: Spearman's, from -1 to 1, for settings of numbers; None for words.

    p by permutation of the runs, p_corrected by Holm over all settings; None where the runs give none (see why).
    """

    key: str
    rho: float | None
    p: float | None
    test: str
    n: int
    p_corrected: float | None = None
    why: str | None = None

    @property
    def sure(self) -> bool:
        return self.p_corrected is not None and self.p_corrected <= LEVEL


def associations(settings: Sequence[Setting], figure: Floats) -> tuple[Association, ...]:
    """figure: (runs,) finite values. Strongest evidence first.

    Spearman's rank correlation for numbers (Spearman, Am. J. Psychol. 15, 1904), Kruskal and Wallis' H for words; both
    by permutation, which assumes that runs could be exchanged if the setting did nothing. Each setting is looked at
    alone: where settings were changed together, what one shows may be the other's doing.
    """
    found = [_association(each, figure) for each in settings]
    tested = [each for each in found if each.p is not None]
    corrected = holm_p([each.p for each in tested if each.p is not None])
    done = [replace(each, p_corrected=p) for each, p in zip(tested, corrected, strict=True)]
    rest = [each for each in found if each.p is None]
    return tuple(sorted(done, key=lambda each: (each.p_corrected or 0.0, each.p or 0.0)) + rest)


def _association(setting: Setting, figure: Floats) -> Association:
    n = len(figure)
    if not setting.numeric:
        groups = [figure[setting.numbers == place] for place in np.unique(setting.numbers)]
        result = kruskal([group.tolist() for group in groups if len(group) > 1]) if _testable(groups) else None
        why = "fewer than two of its values have two runs" if result is None else result.why
        return Association(setting.key, None, None if result is None else result.p,
                           "Kruskal-Wallis test (permutation)", n, why=why)  # fmt: skip
    name = "Spearman's correlation (permutation)"
    a, b = _centred(setting.numbers), _centred(figure)
    size = float(np.sqrt((a @ a) * (b @ b)))
    if not size:
        return Association(setting.key, None, None, name, n, why="all values are the same")
    if n < LEAST_RUNS:
        return Association(setting.key, float(a @ b / size), None, name, n, why=f"fewer than {LEAST_RUNS} runs")
    dealt = np.abs(b[deals((1,) * n)] @ a)
    p = float(np.mean(dealt >= dealt[0] * (1 - 1e-9)))
    return Association(setting.key, float(a @ b / size), p, name, n)


def _testable(groups: Sequence[Floats]) -> bool:
    return sum(len(group) > 1 for group in groups) > 1


def _centred(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    result: Floats = ranks - ranks.mean()
    return result
