"""Which files were used how often, added up as the records come."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QTableView

from musiclog.data_use import was_augmented
from musiclog_gui.state.data_table import DataTable
from musiclog_gui.views.data_page import DataPage, totals
from musiclog_gui.views.empty_state import EmptyState


def use(name: str, **more):
    return {"name": name, "original_length": 900, "processed_length": 512, **more}


class Opened:
    def __init__(self, desk) -> None:
        self.page = desk.show(DataPage(desk.store, desk.selection))
        self.table = self.page.findChild(QTableView)
        self.empty = self.page.findChild(EmptyState)
        self.model = self.table.model()

    def column(self, number: int) -> list[str]:
        return [self.model.index(row, number).data() for row in range(self.model.rowCount())]

    def catch_up(self) -> None:
        """What the timer does, now."""
        self.page._show_more()


@pytest.fixture
def opened(desk) -> Opened:
    return Opened(desk)


def test_the_empty_page_says_how_to_fill_it(desk, opened) -> None:
    assert "No run is open" in opened.empty.words()
    desk.run()
    assert "run.log_data_usage(" in opened.empty.words()


def test_uses_of_a_file_are_added_up(desk, opened) -> None:
    records = (
        use("a.mid", transposition=-3, time_stretch=0.9, augmentation={"transpose": True}, cache_hit=True),
        use("b.mid", transposition=0, augmentation={"transpose": False}, cache_hit=False),
        use("a.mid", transposition=5, time_stretch=1.1, augmentation={}, cache_hit=False),
    )
    desk.run(data_usage=records)
    opened.catch_up()
    assert opened.column(DataTable.NAME) == ["a.mid", "b.mid"]
    assert opened.column(DataTable.USES) == ["2", "1"]
    assert opened.column(DataTable.AUGMENTED)[0] == "1  (50 %)"
    assert opened.column(DataTable.TRANSPOSITION)[0] == "-3 … +5"
    assert opened.column(DataTable.STRETCH) == ["0.9 … 1.1", "–"]
    assert opened.column(DataTable.LENGTH)[0] == "900 → 512"
    assert opened.column(DataTable.CACHE) == ["1  (50 %)", "0  (0 %)"]
    assert totals(opened.model.use) == "2 files  ·  3 uses  ·  33 % augmented  ·  33 % from the cache"


@pytest.mark.parametrize(
    ("record", "augmented"),
    [
        ({}, False), ({"transposition": 0, "time_stretch": 1.0}, False), ({"transposition": 2}, True),
        ({"time_stretch": 0.9}, True), ({"augmentation_applied": {"pitch": False}, "transposition": 2}, False),
        ({"augmentation": "transpose"}, True), ({"augmentation": None, "transposition": 1}, True),
    ],
)  # fmt: skip
def test_what_counts_as_augmented(record, augmented) -> None:
    assert was_augmented(record) is augmented


def test_the_original_programs_names_are_understood(desk, opened) -> None:
    desk.run(data_usage=({"file_name": "piece.mid", "augmentation_applied": {"pitch": True}},))
    opened.catch_up()
    assert opened.column(DataTable.NAME) == ["piece.mid"]
    assert opened.column(DataTable.AUGMENTED) == ["1  (100 %)"]


def test_news_keeps_selection_and_scroll_with_their_file(desk, opened) -> None:
    entry = desk.run(data_usage=tuple(use(f"m{number:03}.mid") for number in range(200)))
    opened.catch_up()
    opened.table.selectRow(100)
    opened.table.verticalScrollBar().setValue(1_200)
    top = opened.table.indexAt(QPoint(5, 5)).data()
    desk.tell(entry, data_usage=tuple(use(f"a{number:03}.mid") for number in range(50)))
    opened.catch_up()
    assert opened.table.currentIndex().siblingAtColumn(0).data() == "m100.mid"
    assert opened.table.indexAt(QPoint(5, 5)).data() == top


def test_columns_sort_by_number_and_ties_by_name(desk, opened) -> None:
    names = ["b"] * 10 + ["a"] * 9 + ["d", "c"]
    desk.run(data_usage=tuple(use(f"{name}.mid") for name in names))
    opened.catch_up()
    opened.table.sortByColumn(DataTable.USES, Qt.SortOrder.DescendingOrder)
    assert opened.column(DataTable.NAME) == ["b.mid", "a.mid", "c.mid", "d.mid"]


def test_the_filter_says_what_it_hides(desk, opened) -> None:
    desk.run(data_usage=(use("fugue.mid"), use("gigue.mid")))
    opened.catch_up()
    field = opened.page.findChild(QLineEdit)
    field.setText("FUG")
    assert opened.column(DataTable.NAME) == ["fugue.mid"]
    field.setText("nothing")
    assert "2 files are hidden" in opened.empty.words()


def test_a_run_that_begins_again_is_added_up_again(desk, opened) -> None:
    entry = desk.run(data_usage=(use("a.mid"), use("b.mid")))
    opened.catch_up()
    desk.tell(entry, restarted=True, data_usage=(use("c.mid"),))
    opened.page.refresh(entry)
    opened.catch_up()
    assert opened.column(DataTable.NAME) == ["c.mid"]


def test_another_run_shows_its_own_files(desk, opened) -> None:
    desk.run("one", data_usage=(use("a.mid"),))
    two = desk.run("two", data_usage=(use("b.mid"),))
    opened.catch_up()
    desk.selection.set_run(two.id)
    opened.catch_up()
    assert opened.column(DataTable.NAME) == ["b.mid"]


def test_hostile_names_are_shown_as_text_in_one_line(desk, opened) -> None:
    desk.run(desk.hostile, data_usage=(use(desk.hostile),))
    opened.catch_up()
    shown = opened.column(DataTable.NAME)[0]
    assert shown.startswith("<b>bold</b> & �evil⏎second line x")
    assert len(shown) < 400
    opened.page.grab()
