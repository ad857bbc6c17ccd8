"""A store, a selection and a frame clock, as the window connects them, and runs that are fed by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from musiclog.records import Event, News, Points, RunInfo, RunRef
from musiclog.run_data import RunData
from musiclog_gui.state.runs import RunEntry, RunStore
from musiclog_gui.state.selection import Selection
from musiclog_gui.views import chart_grid
from musiclog_gui.work.frame_clock import FrameClock

HOSTILE = "<b>bold</b> & \u202eevil\nsecond line " + "x" * 5_000


class Desk:
    """What the pages stand on."""

    hostile = HOSTILE

    def __init__(self, qtbot: Any) -> None:
        self.qtbot = qtbot
        self.store, self.selection, self.clock = RunStore(), Selection(), FrameClock()
        self.store.touched.connect(self.clock.touch)

    def show(self, page: QWidget) -> Any:
        self.qtbot.addWidget(page)
        self.clock.frame.connect(page.absorb)
        page.resize(1000, 700)
        page.show()
        return page

    def run(self, name: str = "bach", **news: Any) -> RunEntry:
        run_id = f"/runs/{name[:40]}"
        entry = self.store.add(run_id, "/runs", RunData(RunRef(run_id, "test", name)))
        self.tell(entry, info=RunInfo(name, "test"), **news)
        return entry

    def tell(self, entry: RunEntry, **news: Any) -> None:
        """News of a run arrives, and the frame with it."""
        self.store.absorb(entry.id, News(**news))
        self.clock.flush()

    def points(self, **metrics: list[float]) -> dict[str, Points]:
        return {
            name.replace("__", "/"): Points(
                np.arange(len(values), dtype=float), 1e9 + np.arange(len(values)), np.zeros(len(values)),
                np.array(values, dtype=float),
            )
            for name, values in metrics.items()
        }  # fmt: skip

    def alert(self, kind: str = "loss_spike", state: str = "opened", step: float = 120.0, **more: Any) -> Event:
        data = {
            "id": f"{kind}-1", "kind": kind, "severity": "warning", "state": state, "metric": "total_loss",
            "step": step, "opened_step": 120.0, "last_step": step, "title": f"The loss rose at step {step:g}",
            "evidence": {"value": 4.5, "median": 1.2}, "suggestions": [], **more,
        }  # fmt: skip
        return Event("alert", step, 1_700_000_000.0 + step, None, data)


@pytest.fixture
def desk(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(chart_grid, "TURN_MS", math.inf)  # all charts in one turn, on slow machines too
    return Desk(qtbot)
