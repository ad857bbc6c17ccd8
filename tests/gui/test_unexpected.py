"""An error that nobody expected is told once, can be copied, and does not end the window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from musiclog_gui.dialogs.text_report import TextReport
from musiclog_gui.dialogs.unexpected import Unexpected


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


def caught(text: str) -> tuple[type[BaseException], BaseException, None]:
    error = ValueError(text)
    return ValueError, error, None


def reports(window: QWidget) -> list[TextReport]:
    return window.findChildren(TextReport)


def test_it_is_shown_and_can_be_copied(window: QWidget) -> None:
    Unexpected(window).hook(*caught("the bar is empty"))
    (report,) = reports(window)
    next(button for button in report.findChildren(QPushButton) if button.text() == "Copy").click()
    assert "ValueError: the bar is empty" in QGuiApplication.clipboard().text()


def test_a_second_one_does_not_open_a_second_report(window: QWidget) -> None:
    unexpected = Unexpected(window)
    unexpected.hook(*caught("one"))
    unexpected.hook(*caught("two"))
    assert len(reports(window)) == 1


def test_after_closing_the_next_one_is_shown(qtbot: Any, window: QWidget) -> None:
    unexpected = Unexpected(window)
    unexpected.hook(*caught("one"))
    report = reports(window)[0]
    with qtbot.waitSignal(report.destroyed):
        report.close()
    unexpected.hook(*caught("two"))
    assert len(reports(window)) == 1
