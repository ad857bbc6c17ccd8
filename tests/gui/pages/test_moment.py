"""All metrics around an alert: its own first, then by how far they moved, drawn where somebody looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from musiclog_gui.state.alert_marks import AlertMarks
from musiclog_gui.state.alerts import AlertModel, episodes
from musiclog_gui.state.moment import around, window
from musiclog_gui.theme import ThemeKeeper
from musiclog_gui.views.alerts_page import AlertsPage

STEPS = 400
MOMENT = 120  # of the alert that the desk makes


def metrics() -> dict[str, list[float]]:
    noise = np.random.default_rng(1).normal(size=STEPS)
    after = np.arange(STEPS) >= MOMENT
    return {
        "calm": (5 + 0.1 * noise).tolist(),
        "total_loss": (1 + 0.1 * noise + 4 * after).tolist(),
        "grad_norm": (1 + 0.1 * noise + 9 * after).tolist(),
        "kl": (2 + 0.1 * noise + 1 * after).tolist(),
        "broken": np.where(after, np.nan, 1.0).tolist(),
    }


@pytest.fixture
def run(desk: Any) -> Any:
    """A run with a spike, and an exploding gradient of the same incident."""
    entry = desk.run(points=desk.points(**metrics()))
    other = desk.alert("gradient_explosion", metric="grad_norm", incident="i-1")
    desk.tell(entry, events=(desk.alert(incident="i-1", severity="critical"), other))
    return entry


def test_its_own_metric_then_its_incident_then_what_moved_most(run: Any) -> None:
    found = around(run.data, episodes(run.data)[0])
    assert [(each.plan.name, each.why) for each in found] == [
        ("total_loss", "own"), ("grad_norm", "incident"), ("broken", ""), ("kl", ""), ("calm", ""),
    ]  # fmt: skip
    assert found[1].words.endswith("×)")
    assert "NaN" in found[2].words


def test_a_metric_that_is_known_only_afterwards_says_nothing(desk: Any, run: Any) -> None:
    points = desk.points(late=[1.0] * 10)["late"]
    late = type(points)(points.steps + 300, points.times, points.epochs, points.values)
    desk.tell(run, points={"late": late})
    found = next(each for each in around(run.data, episodes(run.data)[0]) if each.plan.name == "late")
    assert (found.words, found.moved) == ("", None)


def test_the_window_is_counted_in_points_of_the_metric(run: Any) -> None:
    episode = episodes(run.data)[0]
    assert window(run.data, episode, 50) == (MOMENT - 50, MOMENT + 50)
    assert window(run.data, episode, None) is None


class Opened:
    def __init__(self, desk: Any) -> None:
        self.alerts = AlertModel(desk.store, AlertMarks())
        desk.clock.frame.connect(self.alerts.absorb)
        self.page = desk.show(AlertsPage(desk.store, desk.selection, self.alerts))
        self.page.show_moment(self.page.current())
        self.view = self.page.moment
        desk.qtbot.waitUntil(lambda: all(not tile.stale for tile in self.view.charts.tiles[:2]), timeout=20_000)


@pytest.fixture
def opened(desk: Any, run: Any) -> Opened:
    return Opened(desk)


def names(opened: Opened) -> list[str]:
    return [tile.around.plan.name for tile in opened.view.charts.tiles]


def test_the_charts_show_the_window_and_mark_the_moment(opened: Opened) -> None:
    tile = opened.view.charts.tiles[0]
    rect = tile.chart.view_rect
    assert (round(rect.left()), round(rect.right())) == (MOMENT - 150, MOMENT + 150)
    assert tile._line.value() == MOMENT
    opened.view._reach.setCurrentIndex(0)
    opened.view.charts.draw_visible()
    assert round(tile.chart.view_rect.left()) == MOMENT - 50


def test_a_growing_run_changes_no_places(desk: Any, opened: Opened, run: Any) -> None:
    before, chart = names(opened), opened.view.charts.tiles[0].chart
    desk.tell(run, points={name: type(points)(points.steps + STEPS, points.times, points.epochs, points.values * 50)
                           for name, points in desk.points(calm=[5.0] * 20).items()})  # fmt: skip
    assert names(opened) == before
    assert opened.view.charts.tiles[0].chart is chart


def test_escape_and_the_button_lead_back(desk: Any, opened: Opened) -> None:
    assert opened.view.isVisible()
    desk.qtbot.keyClick(opened.view, Qt.Key.Key_Escape)
    assert not opened.view.isVisible()
    opened.page.show_moment(opened.page.current())
    opened.view._back.click()
    assert not opened.view.isVisible()


def test_it_wears_both_themes(desk: Any, qapp: Any, opened: Opened) -> None:
    keeper = ThemeKeeper(qapp, "light")
    light = opened.view._badge.styleSheet()
    keeper.choose("dark")
    assert opened.view._badge.styleSheet() != light
    keeper.choose("light")
