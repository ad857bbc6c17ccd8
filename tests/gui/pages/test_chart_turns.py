"""Charts of many runs are drawn a share a turn, and none of them waits for ever."""

from __future__ import annotations

from typing import Any

from musiclog_gui.state.chart_view import ChartView
from musiclog_gui.views.chart_grid import CURVES_A_TURN, ChartGrid
from musiclog_gui.views.live_page import LivePage

NAMES = ("loss/a", "loss/b", "loss/c")


def test_the_gui_thread_comes_back_between_charts_of_many_curves(desk: Any, monkeypatch: Any) -> None:
    page = desk.show(LivePage(desk.store, desk.selection, ChartView(smoothing=0.0)))
    page.start(ChartGrid)
    page.resize(1200, 900)
    desk.qtbot.waitExposed(page)
    points = {name.replace("/", "__"): [3.0, 2.0, 1.0] for name in NAMES}
    runs = [desk.run(f"run {number}", points=desk.points(**points)) for number in range(CURVES_A_TURN)]
    grid = page.grid
    places = [grid.place(name) for name in NAMES]
    desk.qtbot.waitUntil(lambda: all(place.chart is not None and not place.stale for place in places))

    drawn: list[str] = []
    draw = grid._draw
    monkeypatch.setattr(grid, "_draw", lambda place: (drawn.append(place.plan.name), draw(place)))
    turns = []
    for _ in NAMES:
        desk.tell(runs[0], points=desk.points(**points))  # all charts are stale again
        turns.append(list(drawn))
        drawn.clear()
    assert [len(turn) for turn in turns] == [1, 1, 1]
    assert {name for turn in turns for name in turn} == set(NAMES)
    desk.qtbot.waitUntil(lambda: not any(place.stale for place in places))
