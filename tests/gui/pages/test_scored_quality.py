"""A run whose samples only the window scores has trends of quality, told apart from what others logged."""

from __future__ import annotations

import math
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt

from musiclog.quality.calibration import human
from musiclog.quality.card import Metric, ScoreCard
from musiclog.records import SampleFile
from musiclog_gui.state.assessment import Assessment
from musiclog_gui.state.chart_plan import QUALITY, SCORED_HERE
from musiclog_gui.state.chart_view import ChartView
from musiclog_gui.state.scored_quality import ScoredQuality
from musiclog_gui.views.chart_grid import ChartGrid
from musiclog_gui.views.chart_marks import level_of
from musiclog_gui.views.live_page import LivePage

OVERALL, REPETITION = f"quality/overall{SCORED_HERE}", f"quality/repetition{SCORED_HERE}"


def scored(path: str, overall: float, repetition: float | None = None) -> Assessment:
    return Assessment(path, card=ScoreCard(overall, {"overall": Metric(overall), "repetition": Metric(repetition)}))


@pytest.fixture
def known() -> dict[str, Assessment]:
    """What the desk has scored so far."""
    return {}


@pytest.fixture
def scores(desk: Any, known: dict[str, Assessment]) -> ScoredQuality:
    scores = ScoredQuality(desk.store, known.get, desk.store)
    desk.clock.frame.connect(scores.absorb)
    return scores


@pytest.fixture
def hear(desk: Any, known: dict[str, Assessment], scores: ScoredQuality) -> Any:
    def come_back(*assessments: Assessment) -> None:
        for each in assessments:
            known[each.path] = each
            scores.take(each)
        scores.settle()
        desk.clock.flush()

    return come_back


def samples(*places: tuple[str, float | None]) -> tuple[SampleFile, ...]:
    return tuple(SampleFile(f"/{name}", name, step=step) for name, step in places)


def test_samples_that_were_made_together_are_one_point_of_the_trend(desk: Any, hear: Any) -> None:
    run = desk.run(samples=samples(("c.mid", 20), ("a.mid", 10), ("b.mid", 10), ("nowhere.mid", None)))
    hear(scored("/a.mid", 0.4), scored("/b.mid", 0.6), scored("/c.mid", 0.9, 0.25), scored("/nowhere.mid", 0.1))
    assert run.scored[OVERALL].steps.tolist() == [10, 20]
    assert run.scored[OVERALL].values.tolist() == [0.5, 0.9]
    assert run.scored[REPETITION].values.tolist() == [0.25]
    assert not run.data.series


@pytest.mark.parametrize("by_human_music", [True, False])
def test_behind_quality_that_human_music_measured_stands_its_band(desk: Any, hear: Any, by_human_music: bool) -> None:
    run = desk.run(samples=samples(("a.mid", 10)))
    measure = human().version if by_human_music else "walks (20 pieces, 0123abcd)"
    hear(Assessment("/a.mid", card=ScoreCard(0.4, {"overall": Metric(0.4)}, calibration=measure, bars=8)))
    level = level_of([run], OVERALL)
    assert (level is not None) is by_human_music
    if level is not None:
        assert 0.6 < level.low < level.typical < level.high < 0.95


def test_a_run_that_logs_quality_itself_is_not_scored_beside_it(desk: Any, hear: Any, scores: Any) -> None:
    run = desk.run(samples=samples(("a.mid", 10)))
    hear(scored("/a.mid", 0.4))
    assert run.scored
    desk.tell(run, points=desk.points(quality__overall=[0.7]))
    scores.settle()
    assert not run.scored
    assert set(run.curves) == {"quality/overall"}


def test_a_broken_sample_leaves_the_others_their_trend(desk: Any, hear: Any) -> None:
    run = desk.run(samples=samples(("a.mid", 10), ("b.mid", 20)))
    hear(scored("/a.mid", 0.4), Assessment("/b.mid", reason="ends too early"))
    assert run.scored[OVERALL].values.tolist() == [0.4]


def test_the_chart_says_who_scored_and_its_dots_play(desk: Any, hear: Any) -> None:
    run = desk.run(points=desk.points(total_loss=[1.0] * 30), samples=samples(("a.mid", 10), ("b.mid", 10)))
    page = desk.show(LivePage(desk.store, desk.selection, ChartView(smoothing=0.0)))
    page.start(ChartGrid)
    hear(scored("/a.mid", 0.4), scored("/b.mid", 0.6))
    desk.qtbot.waitUntil(lambda: page.grid.place(OVERALL) is not None)
    place = page.grid.place(OVERALL)

    def seen() -> bool:
        page.grid.ensureWidgetVisible(place)
        page.grid.draw_visible()
        return place.chart is not None and not place.stale

    desk.qtbot.waitUntil(seen)
    chart = place.chart
    assert chart.plan.section == QUALITY
    assert "means of 2 samples, by this window's score cards" in chart.head.note
    assert [(mark.path, mark.x, mark.y) for mark in chart.happenings.marks] == [
        ("/a.mid", 10, 0.4),
        ("/b.mid", 10, 0.6),
    ]
    assert math.isclose(chart.curve_points(run.id, OVERALL)[1][0], 0.5)
    at = chart.plot.mapFromScene(chart.plot.getViewBox().mapViewToScene(QPointF(10.0, 0.6)))
    with desk.qtbot.waitSignal(desk.selection.play_requested) as played:
        desk.qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert played.args == [run.id, "/b.mid"]
