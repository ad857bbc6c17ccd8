"""Charts that take long are drawn a share a turn, and none of them waits for ever."""

from __future__ import annotations

from typing import Any

from musiclog_gui.state.chart_view import ChartView
from musiclog_gui.views import chart_grid
from musiclog_gui.views.chart_grid import ChartGrid
from musiclog_gui.views.live_page import LivePage

NAMES = ("loss/a", "loss/b", "loss/c")


def test_the_gui_thread_comes_back_between_charts_that_take_long(desk: Any, monkeypatch: Any) -> None:
    page = desk.show(LivePage(desk.store, desk.selection, ChartView(smoothing=0.0)))
    page.start(ChartGrid)
    page.resize(1200, 900)
    desk.qtbot.waitExposed(page)
    points = {name.replace("/", "__"): [3.0, 2.0, 1.0] for name in NAMES}
    run = desk.run("long", points=desk.points(**points))
    grid = page.grid
    places = [grid.place(name) for name in NAMES]
    desk.qtbot.waitUntil(lambda: all(place.chart is not None and not place.stale for place in places))

    drawn: list[str] = []
    draw = grid._draw
    monkeypatch.setattr(grid, "_draw", lambda place: (drawn.append(place.plan.name), draw(place)))
    monkeypatch.setattr(chart_grid, "TURN_MS", 0.0)  # every chart takes longer than that
    desk.tell(run, points=desk.points(**points))
    assert len(drawn) == 1
    desk.tell(run, points=desk.points(**points))
    assert len(drawn) == 1, "what arrives before the next turn waits for it"
    grid.draw_visible()
    grid.draw_visible()
    assert set(drawn) == set(NAMES)
    desk.qtbot.waitUntil(lambda: not any(place.stale for place in places))
