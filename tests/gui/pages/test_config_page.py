"""The configuration as a tree to search and to copy from."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QTreeView

from musiclog.records import RunInfo
from musiclog_gui.state.config_tree import PATH_ROLE
from musiclog_gui.views.config_page import ConfigPage
from musiclog_gui.views.empty_state import EmptyState

CONFIG = {"training": {"learning_rate": 0.001, "clip": None}, "model": {"layers": [1, 2]}}


class Opened:
    def __init__(self, desk) -> None:
        self.page = desk.show(ConfigPage(desk.store, desk.selection))
        self.tree = self.page.findChild(QTreeView)
        self.empty = self.page.findChild(EmptyState)
        self.search = self.page.findChild(QLineEdit)
        self.beside = self.page.findChild(QComboBox)

    def rows(self, parent: QModelIndex | None = None) -> dict[str, list[str]]:
        """Key path -> texts of the other columns, of everything that passes the search."""
        parent, model = parent or QModelIndex(), self.tree.model()
        found = {}
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            found[index.data(PATH_ROLE)] = [index.siblingAtColumn(at).data() for at in range(1, model.columnCount())]
            found |= self.rows(index)
        return found

    def choose(self, path: str) -> None:
        self.tree.setCurrentIndex(next(index for index in self.page._indexes() if index.data(PATH_ROLE) == path))


@pytest.fixture
def opened(desk) -> Opened:
    return Opened(desk)


def test_without_a_run_the_page_says_so(opened) -> None:
    assert "No run is open" in opened.empty.words()


def test_configuration_environment_and_the_runs_own_facts(desk, opened) -> None:
    entry = desk.run(config=CONFIG)
    info = RunInfo("bach", "test", host="bigbox", tags=("baseline",), environment={"torch": "2.13"})
    desk.tell(entry, info=info)
    rows = opened.rows()
    assert rows["configuration.training.learning_rate"] == ["0.001"]
    assert rows["configuration.training.clip"] == ["null"]
    assert rows["configuration.model.layers"] == ["[1, 2]"]
    assert rows["environment.torch"] == ["2.13"]
    assert rows["run.host"] == ["bigbox"]
    assert rows["run.tags"] == ['["baseline"]']
    assert rows["run.state"][0].startswith("unknown: ")


def test_the_search_finds_keys_and_values_with_what_stands_above_them(desk, opened) -> None:
    desk.run(config=CONFIG)
    opened.search.setText("LEARNING")
    assert list(opened.rows()) == ["configuration", "configuration.training", "configuration.training.learning_rate"]
    opened.search.setText("0.001")
    assert "configuration.training.learning_rate" in opened.rows()
    opened.search.setText("no such thing")
    assert opened.empty.isVisible()


def test_value_path_and_everything_can_be_copied(desk, opened) -> None:
    desk.run(config=CONFIG)
    opened.choose("configuration.model.layers")
    opened.page.copy_value()
    assert json.loads(QGuiApplication.clipboard().text()) == [1, 2]
    opened.page.copy_path()
    assert QGuiApplication.clipboard().text() == "configuration.model.layers"
    opened.page.findChild(QPushButton).click()
    assert json.loads(QGuiApplication.clipboard().text())["configuration"] == CONFIG


def test_copying_by_keyboard(desk, opened) -> None:
    desk.run(config=CONFIG)
    opened.choose("configuration.training")
    opened.tree.setFocus()
    desk.qtbot.keyClick(opened.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert json.loads(QGuiApplication.clipboard().text()) == CONFIG["training"]


def test_another_run_set_beside_shows_where_it_differs(desk, opened) -> None:
    desk.run("one", config=CONFIG)
    other = desk.run("two", config={"training": {"learning_rate": 0.01, "clip": None}, "extra": 1})
    desk.qtbot.waitUntil(lambda: opened.beside.findData(other.id) > 0)
    opened.beside.setCurrentIndex(opened.beside.findData(other.id))
    rows = opened.rows()
    assert rows["configuration.training.learning_rate"] == ["0.001", "≠  0.01"]
    assert rows["configuration.training.clip"] == ["null", "null"]
    assert rows["configuration.model.layers"] == ["[1, 2]", "≠  (missing)"]
    assert rows["configuration.extra"] == ["(missing)", "≠  1"]


def test_news_keeps_what_is_open_selected_and_in_sight(desk, opened) -> None:
    config = {f"part{part}": {f"key{key}": key for key in range(20)} for part in range(10)}
    entry = desk.run(config=config)
    opened.tree.collapse(next(index for index in opened.page._indexes() if index.data(PATH_ROLE).endswith("part1")))
    opened.choose("configuration.part3.key7")
    opened.tree.verticalScrollBar().setValue(300)
    desk.tell(entry, config=config | {"new": 1})
    assert opened.tree.currentIndex().data(PATH_ROLE) == "configuration.part3.key7"
    assert opened.tree.verticalScrollBar().value() == 300
    opened.choose("configuration.part1")
    assert not opened.tree.isExpanded(opened.tree.currentIndex())


def test_hostile_keys_and_values_are_shown_as_text(desk, opened) -> None:
    desk.run(desk.hostile, config={desk.hostile: desk.hostile, "deep": {"<i>k</i>": ["<b>"]}})
    shown = [text for path, texts in opened.rows().items() for text in (path[-50:], *texts)]
    assert '["<b>"]' in shown
    assert all(len(text) < 400 for text in shown)
    opened.page.grab()
