"""What competes in a blind test, who listens, and tests that were begun before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from musiclog.listening import AnswerBook
from musiclog.listening.significance import decisions_needed

from ..state.contenders import WAYS
from ..state.wording import one_line

# Enough to find a preference of 75 to 25 in four tests of five.
USUAL_ANSWERS = 40
USUAL_SECONDS = 15


class BlindSetup(QWidget):
    """Ticks say what competes; start needs two of them and a name."""

    way_chosen = Signal(str)
    corpus_wanted = Signal()
    start_wanted = Signal()
    resume_wanted = Signal(object)  # AnswerBook
    result_wanted = Signal(object)  # AnswerBook

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.way, self.list = QComboBox(), QListWidget()
        self.corpus, self.start = QPushButton("Add a corpus…"), QPushButton("Start")
        self.listener, self.answers, self.seconds = QLineEdit(), QSpinBox(), QSpinBox()
        self.advice, self.earlier = QLabel(), QListWidget()
        self.resume, self.result = QPushButton("Go on"), QPushButton("Results")
        self._lay_out()
        self.way.currentIndexChanged.connect(self._tell_way)
        self.corpus.clicked.connect(self.corpus_wanted)
        self.start.clicked.connect(self.start_wanted)
        self.listener.textChanged.connect(self._judge)
        self.listener.returnPressed.connect(self.start.click)
        self.list.itemChanged.connect(self._judge)
        self.answers.valueChanged.connect(self._judge)
        self.resume.clicked.connect(self._tell_resume)
        self.result.clicked.connect(self._tell_result)
        self.earlier.currentItemChanged.connect(self._judge)
        self.earlier.itemDoubleClicked.connect(self._tell_resume)
        self._judge()

    # -- orders ---------------------------------------------------------------------------------

    def show_ways(self, ways: Sequence[str]) -> None:
        """Offer those by which the samples differ at all."""
        chosen = self.way.currentData()
        self.way.blockSignals(True)
        self.way.clear()
        for way in ways:
            self.way.addItem(WAYS[way], way)
        self.way.setCurrentIndex(max(self.way.findData(chosen), 0))
        self.way.blockSignals(False)

    def show_contenders(self, counts: Mapping[str, int], ticked: Sequence[str]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for name, count in counts.items():
            item = QListWidgetItem(f"{one_line(name)}   ({count:,} {'sample' if count == 1 else 'samples'})")
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._judge()

    def show_earlier(self, books: Sequence[AnswerBook]) -> None:
        self.earlier.clear()
        for book in books:
            who = ", ".join(
                f"{one_line(each, 30)} {len(book.answers(each))} of {book.planned}" for each in book.listeners()
            )
            item = QListWidgetItem(f"{one_line(book.name, 90)}\n{who or 'no answers yet'}")
            item.setData(Qt.ItemDataRole.UserRole, book)
            self.earlier.addItem(item)
        self.earlier.setCurrentRow(0)
        self._judge()

    def ticked(self) -> list[str]:
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]

    def say(self, text: str) -> None:
        self.advice.setText(text)

    # -- inside ---------------------------------------------------------------------------------

    @Slot()
    def _tell_way(self) -> None:
        self.way_chosen.emit(self.way.currentData())

    @Slot()
    def _tell_resume(self) -> None:
        item = self.earlier.currentItem()
        if item is not None and self.resume.isEnabled():
            self.resume_wanted.emit(item.data(Qt.ItemDataRole.UserRole))

    @Slot()
    def _tell_result(self) -> None:
        item = self.earlier.currentItem()
        if item is not None:
            self.result_wanted.emit(item.data(Qt.ItemDataRole.UserRole))

    @Slot()
    def _judge(self) -> None:
        names, named = self.ticked(), bool(self.listener.text().strip())
        item = self.earlier.currentItem()
        book: AnswerBook | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        self.start.setEnabled(len(names) >= 2 and named)
        self.resume.setEnabled(book is not None and named)
        self.result.setEnabled(book is not None and bool(book.answers()))
        if not self.list.count():
            self.say("There are no samples that could compete: open a folder with runs that wrote some.")
        elif len(names) < 2:
            self.say("Tick at least two that compete.")
        elif not named:
            self.say("Write who listens: answers are kept by name.")
        else:
            self.say(_power(len(names), self.answers.value()))

    def _lay_out(self) -> None:
        self.answers.setRange(2, 2000)
        self.answers.setValue(USUAL_ANSWERS)
        self.seconds.setRange(0, 600)
        self.seconds.setValue(USUAL_SECONDS)
        self.seconds.setSuffix(" s of each")
        self.seconds.setSpecialValueText("all of each")
        self.listener.setPlaceholderText("Name of the listener")
        self.listener.setMaxLength(60)
        self.start.setProperty("role", "primary")
        for view in (self.list, self.earlier):
            view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            view.setStyleSheet("QListView::item { padding: 3px; }")
        for box in (self.answers, self.seconds):
            box.lineEdit().setTextMargins(4, 0, 4, 0)  # as far from the edge as the name above
        self.advice.setWordWrap(True)
        self.advice.setProperty("role", "muted")
        for widget, name in ((self.way, "What competes"), (self.list, "Contenders"), (self.earlier, "Earlier tests"),
                             (self.listener, "Listener"), (self.answers, "Pairs"), (self.seconds, "Excerpt"),
                             (self.resume, "Go on with this test"), (self.result, "Results of this test")):  # fmt: skip
            widget.setAccessibleName(name)
        competes = QHBoxLayout()
        competes.addWidget(_title("What competes"))
        competes.addWidget(self.way)
        competes.addStretch()
        competes.addWidget(self.corpus)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow("Listener", self.listener)
        form.addRow("Pairs", self.answers)
        form.addRow("Listen to", self.seconds)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addLayout(competes)
        left.addWidget(self.list, 1)
        left.addLayout(form)
        left.addWidget(self.advice)
        left.addWidget(self.start, 0, Qt.AlignmentFlag.AlignRight)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.result)
        buttons.addWidget(self.resume)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(_title("Earlier tests"))
        right.addWidget(self.earlier, 1)
        right.addLayout(buttons)
        both = QHBoxLayout(self)
        both.setContentsMargins(20, 18, 20, 18)
        both.setSpacing(28)
        both.addLayout(left, 3)
        both.addLayout(right, 2)


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "title")
    return label


def _power(contenders: int, answers: int) -> str:
    """What so many answers can find, before anybody gave one."""
    pairs = contenders * (contenders - 1) // 2
    each = answers // pairs
    for preference in (0.6, 0.65, 0.7, 0.75, 0.8, 0.9):
        needed = decisions_needed(preference)
        if needed is not None and needed <= each:
            return f"{each} answers a pair: enough to find a preference of {preference:.0%} in four tests of five."
    return f"{each} answers a pair: too few to prove any but the plainest preference."
