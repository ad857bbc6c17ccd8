"""The whole window: what the user says of sensitivity and metrics reaches the process that watches the runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from musiclog_gui.app import App
from musiclog_gui.dialogs.metric_roles import MetricRolesDialog
from musiclog_gui.settings import Settings
from musiclog_gui.state.herald import Notice
from musiclog_gui.views.tray import Tray


@pytest.fixture
def app(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A window on one log whose names tell nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [{"step": step, "wibble": (1 + step % 7 / 50) * (80 if step >= 300 else 1)} for step in range(420)]
    log = tmp_path / "runs" / "vae" / "metrics.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    app = App(QApplication.instance(), Settings(tmp_path / "settings.json"), [str(tmp_path / "runs")])
    qtbot.addWidget(app.window)
    app.show()
    qtbot.waitUntil(lambda: any("wibble" in entry.data.series for entry in app.store.entries()), timeout=20_000)
    yield app
    app.window.close()
    app.deleteLater()


def test_a_corrected_metric_is_watched_and_drawn_where_it_belongs(qtbot: Any, app: App) -> None:
    (run,) = app.store.entries()
    app.alerts_page.roles_wanted.emit(run.id)
    dialog = app.window.findChild(MetricRolesDialog)
    assert dialog.model.setData(dialog.model.index(0, 2), "loss")
    qtbot.waitUntil(lambda: app.alerts.rowCount() > 0, timeout=20_000)
    assert run.roles == {"wibble": "loss"}
    qtbot.waitUntil(lambda: app.live.grid is not None, timeout=20_000)
    app.live.refresh()
    assert app.live.grid.place("wibble").plan.role == "loss"
    assert json.loads((app.settings.path.with_name("metric_roles.json")).read_text()) == app.metric_roles.all()
    dialog.close()


def test_sensitivity_is_remembered_and_has_runs_judged_anew(qtbot: Any, app: App) -> None:
    before = app.store.entries()[0].data
    app.alerts_page.sensitivity_chosen.emit("high")
    assert app.settings.sensitivity == "high"
    qtbot.waitUntil(lambda: app.store.entries()[0].data is not before, timeout=20_000)
    qtbot.waitUntil(lambda: "wibble" in app.store.entries()[0].data.series, timeout=20_000)


def test_a_click_on_a_message_leads_to_its_alert(qtbot: Any, app: App) -> None:
    (run,) = app.store.entries()
    app.metric_roles.correct(str(Path(run.id).parent), "wibble", "loss")
    qtbot.waitUntil(lambda: app.alerts.rowCount() > 0, timeout=20_000)
    key = app.alerts.rows()[0].key
    app.herald.news.emit(Notice("bach: loss spike", "It rose", key))
    app.tray._go()
    assert app.window.tabs.currentIndex() == 2
    assert app.alerts_page.current().key == key


class Desktop:
    """A place for messages, as desktops have it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def show(self) -> None:
        pass

    def show_message(self, title: str, text: str, *_how: object) -> None:
        self.told.append((title, text))


def test_where_there_is_a_place_for_messages_they_are_shown_there(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window, desktop = QWidget(), Desktop()
    qtbot.addWidget(window)
    tray = Tray(window)
    tray.tell(Notice("a", "b", ("r", "e")))
    assert desktop.told == []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "show", desktop.show)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", desktop.show_message)
    tray.tell(Notice("bach: loss spike", "It rose", ("r", "e")))
    assert desktop.told == [("bach: loss spike", "It rose")]
    with qtbot.waitSignal(tray.clicked) as clicked:
        tray._icon.messageClicked.emit()
    assert clicked.args == [("r", "e")]
