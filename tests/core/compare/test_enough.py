"""What so many runs can show, and Holm's correction: as statsmodels says, where it says anything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower

from musiclog.compare.enough import enough, power
from musiclog.compare.several import holm_p


@pytest.mark.parametrize("effect", [0.0, 0.2, 1.0, 2.0])
@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_power_is_that_of_the_t_test(effect: float, n: int) -> None:
    assert power(effect, n, False) == pytest.approx(TTestIndPower().power(effect, n, 0.05), abs=1e-9)
    assert power(effect, n, True) == pytest.approx(TTestPower().power(effect, n, 0.05), abs=1e-9)


def test_power_rises_with_the_effect_and_stays_a_chance_however_large_that_is() -> None:
    for n in (2, 10, 200):
        along = [power(float(effect), n, False) for effect in np.linspace(0, 100, 101)]
        assert all(after >= before - 1e-9 for before, after in itertools.pairwise(along))
        assert along[-1] == pytest.approx(1.0)


def test_runs_enough_for_the_difference_that_was_seen() -> None:
    found = enough(5, 0.1, 0.1)
    assert found.visible == pytest.approx(0.1 * TTestIndPower().solve_power(None, 5, 0.05, 0.8), rel=1e-6)
    assert found.needed == math.ceil(TTestIndPower().solve_power(1.0, None, 0.05, 0.8)) == 17
    assert enough(5, 0.1, 0.001).needed is None
    assert enough(1, 0.1, 0.1).visible is None


def test_holms_correction_is_the_usual_one_also_where_only_some_are_given() -> None:
    p = [0.04, 0.001, 0.03, 0.2, 0.011]
    assert holm_p(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm_p(p, 8) == pytest.approx(multipletests([*p, 1.0, 1.0, 1.0], method="holm")[1][:5])
    assert holm_p([]) == []
