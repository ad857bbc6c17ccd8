"""Controls that go on in another row where one is too narrow."""

from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from musiclog_gui.views.flow_layout import FlowLayout


@pytest.fixture
def bar(qtbot: Any) -> QWidget:
    """Two buttons, a field that grows up to 300 pixels, and a button at the right end."""
    bar = QWidget()
    qtbot.addWidget(bar)
    row = FlowLayout(bar, spacing=10)
    for name in ("one", "two"):
        row.addWidget(QPushButton(name))
    row.addWidget(QLineEdit(minimumWidth=100, maximumWidth=300))
    row.push()
    row.addWidget(QPushButton("last"))
    return bar


def laid(bar: QWidget, width: int) -> list[QWidget]:
    bar.resize(width, bar.layout().heightForWidth(width))
    bar.show()
    bar.layout().activate()
    return [bar.layout().itemAt(number).widget() for number in range(bar.layout().count())]


def test_what_is_left_of_a_row_goes_to_what_can_grow_and_the_last_stands_at_the_right(bar: QWidget) -> None:
    one, two, field, last = laid(bar, 900)
    assert field.width() == 300
    assert last.geometry().right() == 899
    assert (one.geometry().left(), two.geometry().left()) == (0, one.width() + 10)


def test_a_narrow_bar_has_more_rows_and_nothing_is_covered(bar: QWidget) -> None:
    widgets = laid(bar, bar.layout().minimumSize().width())
    tops = [widget.geometry().top() for widget in widgets]
    assert tops == sorted(tops)
    assert tops[0] < tops[-1]
    assert all(bar.rect().contains(widget.geometry()) for widget in widgets)
    assert not any(a.geometry().intersects(b.geometry()) for a in widgets for b in widgets if a is not b)


def test_what_is_hidden_takes_no_room(bar: QWidget) -> None:
    whole = bar.layout().sizeHint().width()
    one = bar.layout().itemAt(0).widget()
    wide = one.sizeHint().width()
    one.hide()
    assert bar.layout().sizeHint().width() == whole - wide - 10
