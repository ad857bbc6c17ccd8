"""The text log: followed, narrowed, and never jumping under the reader."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QListView

from musiclog.records import LogRecord
from musiclog.run_data import LOG_KEPT
from musiclog_gui.state.log_lines import LINE_ROLE, LogLines, level_of
from musiclog_gui.views.empty_state import EmptyState
from musiclog_gui.views.log_page import LogPage


def record(number: int = 0, message: str = "", level: str = "INFO", fields: tuple[str, ...] = (), **more) -> LogRecord:
    return LogRecord(1e9 + number, level, "training", message or f"message {number}", fields=fields, **more)


def records(first: int, last: int) -> tuple[LogRecord, ...]:
    return tuple(record(number, fields=(f"Losses: {{recon: {number}}}",)) for number in range(first, last))


class Opened:
    def __init__(self, desk) -> None:
        self.page = desk.show(LogPage(desk.store, desk.selection))
        self.empty = self.page.findChild(EmptyState)
        self.follow = self.page.findChild(QCheckBox)
        self.text = self.page.findChild(QLineEdit)
        self.level = next(box for box in self.page.findChildren(QComboBox) if box.accessibleName() == "Least level")
        self.view = next(view for view in self.page.findChildren(QListView) if view.accessibleName() == "Text log")
        self.bar = self.view.verticalScrollBar()

    def lines(self) -> list[str]:
        model = self.view.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def top(self) -> str:
        return self.view.indexAt(QPoint(5, 1)).data()


@pytest.fixture
def opened(desk) -> Opened:
    return Opened(desk)


def test_without_a_log_the_page_says_so(desk, opened) -> None:
    assert "No run is open" in opened.empty.words()
    desk.run()
    assert "no text log" in opened.empty.words()


def test_a_record_is_a_head_line_and_its_fields(desk, opened) -> None:
    desk.run(log=(record(message="Training progress", fields=("Epoch: 5/100", "ETA: 3 min"), tag="PROGRESS"),))
    head, first, second = opened.lines()
    assert head.endswith("[INFO] [training] [PROGRESS] Training progress")
    assert (first, second) == ("  - Epoch: 5/100", "  - ETA: 3 min")


def test_the_end_is_followed(desk, opened) -> None:
    entry = desk.run(log=records(0, 300))
    assert opened.bar.value() == opened.bar.maximum() > 0
    desk.tell(entry, log=records(300, 400))
    newest = opened.view.model().index(799, 0)
    desk.qtbot.waitUntil(lambda: opened.view.viewport().rect().contains(opened.view.visualRect(newest).center()))
    assert opened.follow.isChecked()


def test_scrolling_up_ends_the_following_and_nothing_jumps(desk, opened) -> None:
    entry = desk.run(log=records(0, 300))
    opened.bar.setValue(1_000)
    assert not opened.follow.isChecked()
    top = opened.top()
    desk.tell(entry, log=records(300, 700))
    assert (opened.bar.value(), opened.top()) == (1_000, top)
    opened.follow.setChecked(True)
    assert opened.bar.value() == opened.bar.maximum()


def test_reaching_the_end_by_hand_follows_again(desk, opened) -> None:
    desk.run(log=records(0, 300))
    opened.bar.setValue(1_000)
    opened.bar.triggerAction(opened.bar.SliderAction.SliderToMaximum)
    assert opened.follow.isChecked()


def test_a_reader_stays_where_he_is_while_old_records_are_let_go(desk, opened) -> None:
    entry = desk.run(log=records(0, LOG_KEPT))
    opened.bar.setValue(opened.bar.maximum() // 2)
    top = opened.top()
    desk.tell(entry, log=records(LOG_KEPT, LOG_KEPT + 500))
    assert opened.top() == top
    assert len(opened.lines()) == 2 * LOG_KEPT
    assert "500 older ones are only in the file" in opened.page._summary.text()


def test_text_and_level_narrow_the_log(desk, opened) -> None:
    log = (record(1, "Loss spike", "WARNING", ("Type: loss_spike",)), record(2, "All well"), record(3, "Out", "ERROR"))
    entry = desk.run(log=log)
    opened.level.setCurrentIndex(opened.level.findData("WARNING"))
    assert [line.split("] ")[-1] for line in opened.lines()] == ["Loss spike", "  - Type: loss_spike", "Out"]
    opened.text.setText("LOSS_SPIKE")
    assert len(opened.lines()) == 2
    desk.tell(entry, log=(record(4, "loss_spike again", "WARNING"), record(5, "nothing")))
    assert len(opened.lines()) == 3
    opened.text.setText("no such words")
    assert "5 entries are hidden" in opened.empty.words()


def test_narrowing_keeps_the_place(desk, opened) -> None:
    desk.run(log=tuple(record(number, level="WARNING" if number % 2 else "INFO") for number in range(2_000)))
    opened.bar.setValue(opened.bar.maximum() // 2)
    top = int(opened.top().split()[-1])
    opened.level.setCurrentIndex(opened.level.findData("WARNING"))
    assert abs(int(opened.top().split()[-1]) - top) <= 1


@pytest.mark.parametrize(
    ("log", "step", "how"),
    [
        (record(0, "Checkpoint at step 1,204"), 1204.0, "named"), (record(0, fields=("Step: 77",)), 77.0, "named"),
        (record(3), 3.0, "by time"), (record(900), None, None),
    ],
)  # fmt: skip
def test_a_record_leads_to_its_step(desk, log, step, how) -> None:
    entry = desk.run(points=desk.points(total_loss=[1.0] * 10), log=(log,))
    lines = LogLines()
    lines.show_run(entry.data)
    assert lines.step(log) == (None if step is None else (step, how))


def test_a_click_on_the_step_shows_the_moment(desk, opened) -> None:
    entry = desk.run(log=(record(0, "Saved at step 40"),))
    place = opened.view.visualRect(opened.view.model().index(0, 0))
    with desk.qtbot.waitSignal(desk.selection.moment_requested) as asked:
        at = QPoint(place.right() - 20, place.center().y())
        desk.qtbot.mouseClick(opened.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert asked.args == [entry.id, 40.0]
    with desk.qtbot.assertNotEmitted(desk.selection.moment_requested):
        at = QPoint(place.left() + 20, place.center().y())
        desk.qtbot.mouseClick(opened.view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_enter_on_a_line_shows_the_moment(desk, opened) -> None:
    desk.run(log=(record(0, "Saved at step 40"),))
    opened.view.setCurrentIndex(opened.view.model().index(0, 0))
    opened.view.setFocus()
    with desk.qtbot.waitSignal(desk.selection.moment_requested):
        desk.qtbot.keyClick(opened.view, Qt.Key.Key_Return)


def test_selected_lines_are_copied(desk, opened) -> None:
    desk.run(log=(record(0, "one", fields=("two",)),))
    opened.view.selectAll()
    desk.qtbot.keyClick(opened.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().endswith("one\n  - two")


@pytest.mark.parametrize(("word", "level"), [("warn", "WARNING"), ("FATAL", "CRITICAL"), ("Notice", "INFO")])
def test_levels_of_other_writers_are_understood(word, level) -> None:
    assert level_of(record(level=word)) == level


def test_a_log_that_begins_again_is_shown_anew(desk, opened) -> None:
    entry = desk.run(log=records(0, 5))
    desk.tell(entry, restarted=True, log=(record(9, "fresh"),))
    assert [line.split("] ")[-1] for line in opened.lines()] == ["fresh"]


def test_what_arrives_while_hidden_is_there_when_the_page_is_shown(desk, opened) -> None:
    entry = desk.run(log=records(0, 2))
    opened.page.hide()
    desk.tell(entry, log=records(2, 4))
    assert len(opened.lines()) == 4
    opened.page.show()
    assert len(opened.lines()) == 8


def test_hostile_lines_are_painted_as_text(desk, opened) -> None:
    hostile = LogRecord(1e9, desk.hostile, desk.hostile, desk.hostile, desk.hostile, (desk.hostile, ""))
    desk.run(desk.hostile, log=(hostile,))
    assert opened.view.model().index(0, 0).data(LINE_ROLE).record is hostile
    assert all("\n" not in line and "\u202e" not in line for line in opened.lines())
    opened.page.grab()
