"""An address is opened like a folder: its runs come, grow, and what is wrong with it is said where it stands."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from musiclog import Run
from musiclog_gui.app import App
from musiclog_gui.settings import Settings
from musiclog_gui.state.run_list import ROW_ROLE

pytest.importorskip("fsspec", reason="needs the extra remote")


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder that is only looked at through fsspec, as one on another machine is."""
    return tmp_path / "there"


@pytest.fixture
def app(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    app = App(QApplication.instance(), Settings(tmp_path / "settings.json"))
    qtbot.addWidget(app.window)
    app.show()
    yield app
    app.window.close()
    app.deleteLater()
    assert not multiprocessing.active_children()


def address(folder: Path) -> str:
    return f"local://{folder}"


def test_runs_elsewhere_come_and_grow(app: App, there: Path, qtbot: Any) -> None:
    with Run(there / "bach") as run:
        run.log(1, total_loss=1.0)
        app.open_folder(address(there))
        qtbot.waitUntil(lambda: [e.name for e in app.store.entries()] == ["bach"], timeout=30_000)
        run.log(2, total_loss=0.5)
        (entry,) = app.store.entries()
        series = entry.data.series
        qtbot.waitUntil(lambda: "total_loss" in series and len(series["total_loss"]) == 2, timeout=30_000)

    assert app.run_model.index(0, 0).data(ROW_ROLE).name == address(there)
    assert app.settings.recent_folders[0] == address(there)


def test_what_is_wrong_is_said_until_it_is_well(app: App, there: Path, qtbot: Any) -> None:
    app.open_folder(address(there))
    qtbot.waitUntil(lambda: "there is no folder" in app.run_model.index(0, 0).data(ROW_ROLE).trouble, timeout=30_000)

    with Run(there / "bach") as run:
        run.log(1, total_loss=1.0)
    qtbot.waitUntil(lambda: not app.run_model.index(0, 0).data(ROW_ROLE).trouble, timeout=30_000)
    qtbot.waitUntil(lambda: len(app.store.entries()) == 1, timeout=30_000)


def test_closing_it_ends_its_process(app: App, there: Path) -> None:
    there.mkdir()
    before = set(multiprocessing.active_children())
    app.open_folder(address(there))
    (folder,) = app.run_model.folders()
    assert len(set(multiprocessing.active_children()) - before) == 1

    app.close_folder(folder)
    assert set(multiprocessing.active_children()) <= before
    assert app.run_model.folders() == []


def test_the_dialog_takes_addresses_only(app: App, there: Path) -> None:
    there.mkdir()
    app.window.ask_for_address()
    dialog = app.window.address_dialog
    assert dialog is not None
    assert not dialog.isModal()
    accept = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Open)

    dialog.line.setText("/home/me/runs")
    accept.click()
    assert "sftp://" in dialog.told.text()
    assert dialog.isVisible()

    dialog.line.setText(address(there))
    accept.click()
    assert not dialog.isVisible()
    assert app.run_model.index(0, 0).data(ROW_ROLE).name == address(there)
