"""Uses of training files are sums; only the newest records stay as they are."""

from __future__ import annotations

import math

from musiclog.data_use import NEWEST, DataUse


def test_sums_go_on_when_records_are_let_go() -> None:
    use = DataUse()
    for begin in range(0, 3 * NEWEST, 500):
        use.add([{"name": f"{number % 10}.mid", "t": float(number)} for number in range(begin, begin + 500)])
    assert (use.uses, len(use.files), len(use.newest), use.left_out) == (3 * NEWEST, 10, NEWEST, 2 * NEWEST)
    assert use.newest[-1]["t"] == 3 * NEWEST - 1
    assert {each.uses for each in use.files.values()} == {3 * NEWEST // 10}
    assert use.times.whole.tolist() == list(range(3 * NEWEST))


def test_a_time_that_is_none_is_unknown() -> None:
    use = DataUse()
    use.add([{"name": "a.mid"}, {"name": "a.mid", "t": None}, {"name": "a.mid", "t": 10**400}, {"t": {}}])
    assert all(map(math.isnan, use.times.whole))
    assert set(use.files) == {"a.mid", "(no name)"}
