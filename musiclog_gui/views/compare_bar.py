"""The question above the Compare page: grouped by what, by which figure, up to where; kept sets and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QDoubleValidator
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from ..icons import dress
from ..state.compare_question import EQUALS, FIGURES, TO_TARGET, Question
from ..state.wording import one_line, tool_tip
from .flow_layout import FlowLayout

REPETITIONS = "Repetitions: all but the seed"


class CompareBar(QWidget):
    """Emits what is asked; show_question() puts it in words."""

    asked = Signal(object)  # Question
    report_wanted = Signal()
    keep_wanted = Signal()
    set_chosen = Signal(str)
    set_dropped = Signal(str)
    sets_opened = Signal()  # their menu is about to be shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = Question()
        self._keys: Sequence[str] = ()
        self._names: Sequence[str] = ()
        self._main: str | None = None
        self.group, self.sets, self.report = QToolButton(), QToolButton(), QPushButton("Report…")
        self.metric, self.figure, self.equal, self.target = QComboBox(), QComboBox(), QComboBox(), QLineEdit()
        self._build()
        self.show_question(self.question)

    # -- orders ---------------------------------------------------------------------------------

    def show_question(self, question: Question) -> None:
        self.question = question
        self._say_group()
        for box, value in ((self.figure, question.figure), (self.equal, question.at_equal)):
            box.blockSignals(True)
            box.setCurrentIndex(box.findData(value))
            box.blockSignals(False)
        self._show_metric()
        self.target.setVisible(question.figure in TO_TARGET)
        wanted = "" if question.target is None else f"{question.target:g}"
        if not self.target.hasFocus():
            self.target.setText(wanted)

    def offer(self, keys: Sequence[str], names: Sequence[str], main: str | None) -> None:
        """What runs can be grouped by, their metrics, and which of them is taken when none is named."""
        if (keys, names, main) == (self._keys, self._names, self._main):
            return
        self._keys, self._names, self._main = keys, names, main
        self._show_metric()

    def show_sets(self, names: Sequence[str]) -> None:
        menu = self.sets.menu()
        menu.clear()
        menu.addAction("Keep this comparison…", self.keep_wanted.emit)
        menu.addSeparator()
        for name in names:
            inner = menu.addMenu(_for_menu(name))
            for words, signal in (("Open", self.set_chosen), ("Delete", self.set_dropped)):
                action = inner.addAction(words)
                action.setData((signal, name))
        if not names:
            menu.addAction("None kept yet").setEnabled(False)

    # -- inside -----------------------------------------------------------------------------------

    def _build(self) -> None:
        self.group.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.group.setAccessibleName("Group runs by")
        self.group.setMenu(QMenu(self.group))
        self.group.menu().aboutToShow.connect(self._fill_groups)
        self.group.menu().triggered.connect(self._choose_group)
        self.metric.setAccessibleName("Metric")
        self.metric.setMaximumWidth(260)
        self.metric.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.metric.setMinimumContentsLength(10)
        for key, title in FIGURES.items():
            self.figure.addItem(title, key)
        self.figure.setAccessibleName("Figure")
        for by, title in EQUALS.items():
            self.equal.addItem(title, by)
        self.equal.setAccessibleName("Counted up to")
        self.equal.setToolTip("At equal steps, time or tokens every run counts as far as the shortest one went")
        self.target.setValidator(QDoubleValidator(self.target))
        self.target.setPlaceholderText("all reach")
        self.target.setToolTip("The value to be reached; without one, the best that every run reached")
        self.target.setAccessibleName("Target")
        self.target.setFixedWidth(90)
        self.sets.setText("Kept")
        self.sets.setToolTip("Comparisons kept under a name")
        self.sets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.sets.setMenu(QMenu(self.sets))
        self.sets.menu().aboutToShow.connect(self.sets_opened)
        self.sets.menu().triggered.connect(self._choose_set)
        for button, name in ((self.sets, "star"), (self.group, "filter")):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            dress(button, name)
        self.report.setAutoDefault(False)
        self.report.setToolTip("Write what is compared as one HTML file, with curves and sounds inside")
        self.report.clicked.connect(self.report_wanted)
        self.metric.currentIndexChanged.connect(self._choose_metric)
        self.figure.currentIndexChanged.connect(self._choose_figure)
        self.equal.currentIndexChanged.connect(self._choose_equal)
        self.target.editingFinished.connect(self._choose_target)
        row = FlowLayout(self)
        row.setContentsMargins(4, 0, 4, 4)
        for widget in (self.group, self.metric, self.figure, self.target, self.equal):
            row.addWidget(widget)
        row.push()
        row.addWidget(self.sets)
        row.addWidget(self.report)

    def _ask(self, **changes: object) -> None:
        question = replace(self.question, **changes)
        if question != self.question:
            self.show_question(question)
            self.asked.emit(question)

    def _say_group(self) -> None:
        keys = self.question.group_by
        words = ", ".join(key.rpartition(".")[2] for key in keys) if keys else "repetitions"
        self.group.setText(f"Grouped by {one_line(words, 24)}")
        self.group.setToolTip(tool_tip("Grouped by " + ", ".join(keys) if keys else REPETITIONS))

    @Slot()
    def _fill_groups(self) -> None:
        menu = self.group.menu()
        menu.clear()
        first = menu.addAction(REPETITIONS)
        first.setCheckable(True)
        first.setChecked(not self.question.group_by)
        menu.addSeparator()
        for key in dict.fromkeys((*self._keys, *self.question.group_by)):
            action = menu.addAction(_for_menu(key))
            action.setData(key)
            action.setCheckable(True)
            action.setChecked(key in self.question.group_by)

    @Slot(QAction)
    def _choose_group(self, action: QAction) -> None:
        key, keys = action.data(), self.question.group_by
        if key is None:
            self._ask(group_by=())
        else:
            self._ask(group_by=(*keys, key) if action.isChecked() else tuple(each for each in keys if each != key))

    @Slot(QAction)
    def _choose_set(self, action: QAction) -> None:
        if action.data() is not None:
            signal, name = action.data()
            signal.emit(name)

    def _show_metric(self) -> None:
        wanted = self.question.metric
        names = list(dict.fromkeys((*self._names, *([wanted] if wanted else []))))
        self.metric.blockSignals(True)
        self.metric.clear()
        self.metric.addItem(f"{one_line(self._main, 40)} (chosen for you)" if self._main and not wanted
                            else "Choose for me", None)  # fmt: skip
        for name in names:
            self.metric.addItem(one_line(name, 60), name)
        self.metric.setCurrentIndex(0 if wanted is None else names.index(wanted) + 1)
        self.metric.blockSignals(False)

    @Slot(int)
    def _choose_metric(self, row: int) -> None:
        self._ask(metric=self.metric.itemData(row))

    @Slot(int)
    def _choose_figure(self, row: int) -> None:
        self._ask(figure=self.figure.itemData(row))

    @Slot(int)
    def _choose_equal(self, row: int) -> None:
        self._ask(at_equal=self.equal.itemData(row))

    @Slot()
    def _choose_target(self) -> None:
        text = self.target.text().strip()
        value, known = self.target.locale().toDouble(text)
        self._ask(target=value if text and known else None)


def _for_menu(text: str) -> str:
    return one_line(text, 80).replace("&", "&&")
