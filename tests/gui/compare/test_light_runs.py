"""Long curves on their way to another process: fewer points, the same ends and extremes."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.records import News, Points, RunInfo, RunRef, SampleFile
from musiclog.run_data import RunData
from musiclog_gui.work import light_runs
from musiclog_gui.work.light_runs import LightRuns


def points(values: np.ndarray, start: int = 0) -> Points:
    steps = np.arange(start, start + len(values), dtype=float)
    return Points(steps, 1e9 + steps, steps / 100, values)


def run(values: np.ndarray) -> RunData:
    data = RunData(RunRef("/runs/a", "made", "a"))
    data.absorb(News(info=RunInfo("a", "made"), points={"loss": points(values)}))
    return data


def arrived(light: LightRuns, data: RunData) -> RunData:
    """What the worker makes of it."""
    ((ref, news),) = light.of([data])
    there = RunData(ref)
    there.absorb(news)
    return there


@pytest.fixture
def short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_runs, "MOST_ROWS", 600)


def test_short_curves_travel_whole() -> None:
    data = run(np.array([3.0, np.nan, 1.0]))
    there = arrived(LightRuns(), data).series["loss"]
    assert np.array_equal(there.values, data.series["loss"].values, equal_nan=True)
    assert np.array_equal(there.epochs, data.series["loss"].epochs)


def test_long_curves_keep_first_last_lowest_and_highest_while_they_grow(short_rows: None) -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(50_003)
    values[12_345], values[40_001], values[777] = -9.0, 9.0, np.nan
    light, data = LightRuns(), run(values[:20_011])
    for start, stop in ((20_011, 20_012), (20_012, 47_000), (47_000, 50_003)):
        data.absorb(News(points={"loss": points(values[start:stop], start)}))
        there = arrived(light, data).series["loss"]
        assert len(there) < 1_000
        assert np.all(np.diff(there.steps) > 0)
        assert (there.values[0], there.values[-1]) == (values[0], values[stop - 1])
        assert (np.nanmin(there.values), np.nanmax(there.values)) == (
            np.nanmin(values[:stop]),
            np.nanmax(values[:stop]),
        )
        assert np.array_equal(there.values, values[there.steps.astype(int)], equal_nan=True)
        assert np.isnan(there.values).any()
    assert light.thinned([data]) == 1


def test_of_a_score_card_only_the_quality_travels() -> None:
    data = run(np.array([1.0]))
    card = {"overall": 0.5, "findings": [{"text": "x" * 10_000}]}
    data.absorb(News(samples=(SampleFile("/runs/a/1.mid", "1", card=card),)))
    assert arrived(LightRuns(), data).samples["/runs/a/1.mid"].card == {"overall": 0.5}
