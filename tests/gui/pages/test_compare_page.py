"""Runs beside each other, kept up to date while they grow."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QListView, QTableView

from musiclog_gui.views.compare_page import ComparePage
from musiclog_gui.views.empty_state import EmptyState


class Opened:
    def __init__(self, desk) -> None:
        self.page = desk.show(ComparePage(desk.store, desk.selection))
        tables = {table.accessibleName(): table for table in self.page.findChildren(QTableView)}
        self.values = tables["Final and best values"]
        self.diff = tables["What the configurations differ in"]
        self.runs = next(view for view in self.page.findChildren(QListView) if "Runs" in view.accessibleName())
        self.metric = next(box for box in self.page.findChildren(QComboBox) if box.accessibleName() == "Metric")
        self.empty = self.page.findChild(EmptyState)

    def cells(self, table: QTableView) -> list[list[str]]:
        model = table.model()
        columns = range(model.columnCount())
        return [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]

    def header(self) -> list[str]:
        model = self.values.model()
        return [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]

    def names(self) -> list[str]:
        model = self.values.model()
        return [model.headerData(at, Qt.Orientation.Vertical) for at in range(model.rowCount())]

    def settle(self) -> None:
        """What the page does at the end of the turn, now."""
        self.page._tabulate()

    def tick(self, row: int, ticked: bool) -> None:
        state = Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        self.page.choice.setData(self.page.choice.index(row), state, Qt.ItemDataRole.CheckStateRole)
        self.settle()


@pytest.fixture
def opened(desk) -> Opened:
    return Opened(desk)


@pytest.fixture
def two(desk, opened):
    """Two runs; the second is better and differs in its learning rate."""
    one = desk.run("one", points=desk.points(total_loss=[3.0, 1.0, 2.0]), config={"lr": 0.1, "seed": 1})
    other = desk.run("two", points=desk.points(total_loss=[3.0, 0.5]), config={"lr": 0.2, "seed": 1})
    opened.settle()
    return one, other


def test_without_runs_the_page_says_what_would_fill_it(opened) -> None:
    assert "No runs to compare" in opened.empty.words()


def test_final_and_best_with_the_best_of_each_column_marked_by_a_sign(opened, two) -> None:
    assert opened.names() == ["one", "two"]
    assert opened.header() == ["total_loss\nfinal", "total_loss\nbest ↓"]
    assert opened.cells(opened.values) == [["2", "1"], ["★ 0.5", "★ 0.5"]]
    assert "best of this column" in opened.values.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_only_what_differs_is_in_the_diff(opened, two) -> None:
    assert opened.cells(opened.diff) == [["lr", "0.1", "0.2"]]


def test_columns_sort_and_missing_values_stay_last(desk, opened, two) -> None:
    desk.run("three", points=desk.points(other=[1.0]))
    opened.settle()
    opened.values.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert opened.names() == ["two", "one", "three"]
    opened.values.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert opened.names() == ["one", "two", "three"]


def test_growing_runs_keep_the_selection(desk, opened, two) -> None:
    opened.values.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    opened.values.selectRow(1)
    desk.tell(two[0], points={"total_loss": desk.points(total_loss=[0.0, 0.0, 0.0, 0.1])["total_loss"]})
    opened.settle()
    assert opened.names() == ["one", "two"]
    chosen = opened.values.selectionModel().selectedRows()[0].row()
    assert opened.names()[chosen] == "one"


def test_the_runs_shown_on_live_are_compared_until_another_choice_is_made(desk, opened, two) -> None:
    desk.store.set_shown(two[0].id, False)
    opened.settle()
    assert opened.names() == ["two"]
    opened.tick(0, True)
    assert opened.names() == ["one", "two"]
    desk.store.set_shown(two[1].id, False)
    opened.settle()
    assert opened.names() == ["one", "two"]
    opened.page._same.click()
    opened.settle()
    assert opened.names() == []
    desk.store.set_shown(two[1].id, True)
    opened.settle()
    assert opened.names() == ["two"]


def test_a_run_that_tells_no_configuration_is_left_out_of_the_diff(desk, opened, two) -> None:
    desk.run("silent", points=desk.points(total_loss=[9.0]))
    opened.settle()
    assert opened.cells(opened.diff) == [["lr", "0.1", "0.2"]]
    assert opened.page._untold.text() == "1 run tells no configuration"


def test_the_first_curve_is_the_metric_that_most_runs_have(desk, opened) -> None:
    desk.run("one", points=desk.points(total_loss=[1.0], quality=[1.0]))
    desk.run("two", points=desk.points(quality=[1.0]))
    opened.settle()
    assert opened.metric.currentText() == "quality"


def test_nothing_ticked_says_what_to_do(opened, two) -> None:
    opened.tick(0, False)
    opened.tick(1, False)
    assert opened.runs.isVisible()
    assert "Tick the runs" in opened.page._no_diff.text()


def test_curves_of_the_chosen_metric_are_drawn_over_each_other(desk, opened, two) -> None:
    desk.tell(two[0], points=desk.points(quality__overall=[0.1, 0.2]))
    opened.settle()
    assert opened.metric.currentText() == "total_loss"
    points = [len(opened.page._chart.curve_points(run.id, "total_loss")[0]) for run in two]
    assert points == [3, 2]
    opened.metric.setCurrentIndex(1)
    assert opened.page._chart.plan.name == "quality/overall"
    opened.tick(1, False)
    assert opened.metric.currentText() == "quality/overall"


def test_a_double_click_selects_the_run(desk, opened, two) -> None:
    opened.values.doubleClicked.emit(opened.values.model().index(1, 0))
    assert desk.selection.run == two[1].id


def test_tables_are_copied_for_spreadsheets_and_for_notes(opened, two) -> None:
    opened.page.copy_tsv()
    assert QGuiApplication.clipboard().text() == (
        "run\ttotal_loss final\ttotal_loss best\none\t2.0\t1.0\ntwo\t0.5\t0.5\n\nkey\tone\ttwo\nlr\t0.1\t0.2\n"
    )
    opened.page.copy_markdown()
    assert "| lr | 0.1 | 0.2 |" in QGuiApplication.clipboard().text()


def test_what_arrives_while_hidden_is_there_when_the_page_is_shown(desk, opened, two) -> None:
    opened.page.hide()
    desk.tell(two[0], points=desk.points(fresh=[1.0]))
    opened.page.show()
    assert "fresh\nfinal" in opened.header()


def test_hostile_names_are_shown_as_text(desk, opened, two) -> None:
    desk.run(desk.hostile, points=desk.points(**{desk.hostile: [1.0]}), config={desk.hostile: desk.hostile})
    opened.settle()
    shown = [*opened.header(), *opened.names(), *(cell for row in opened.cells(opened.diff) for cell in row)]
    assert all(len(text) < 400 and "\u202e" not in text for text in shown)
    opened.page.grab()
