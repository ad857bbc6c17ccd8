"""Plug-ins register detectors by the call that the built-in ones use."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from musiclog.anomaly import Monitor, watches
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm


class TooLoud:
    """A plug-in's detector: any loss above nine."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._episode = context.episode("too_loud", metric, Rhythm(on=1, off=1, cool=1))

    def look(self, value: float) -> None:
        if value > 9:
            self._episode.trouble(self._context.count, self._context.step, "warning", lambda: {"value": value})


def register(call: Any) -> None:
    call("loss", TooLoud)


def broken(_call: Any) -> None:
    raise ImportError("no such library")


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch):
    points = [EntryPoint(name, f"{__name__}:{name}", watches.GROUP) for name in ("register", "broken")]
    functions = {"register": register, "broken": broken}
    monkeypatch.setattr(EntryPoint, "load", lambda point: functions[point.name])
    monkeypatch.setattr(watches, "_entry_points", lambda: points)
    watches.watches.cache_clear()
    yield
    watches.watches.cache_clear()


@pytest.mark.usefixtures("plug_ins")
def test_a_plug_in_looks_beside_the_built_in_detectors():
    alerts = Monitor().update(3, {"loss": 10.0})
    assert [(alert.kind, alert.title) for alert in alerts] == [("too_loud", "Too loud at step 3")]


@pytest.mark.usefixtures("plug_ins")
def test_a_plug_in_that_fails_to_load_is_a_notice():
    assert "no such library" in watches.watches().problems[0]
    assert Monitor().update(1, {"loss": 1.0}) == []
