"""What a blind test proves: a sentence, strengths with intervals, who was preferred to whom, metrics against ears."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from musiclog.listening import AnswerBook, Result, judge, write_csv

from ..state.blind_words import agreement_words, markdown, method, metric_name, strength_words
from ..state.wording import one_line, tool_tip
from ..theme import scaled_font
from .interval_chart import Interval, IntervalChart

EVERYBODY = "All listeners"


class BlindResult(QWidget):
    """Of all listeners or of one."""

    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book: AnswerBook | None = None
        self.found: Result | None = None
        self.title, self.sentence, self.method, self.notice = QLabel(), QLabel(), QLabel(), QLabel()
        self.listener = QComboBox()
        self.strengths = IntervalChart("Chance to be preferred to the average contender", 0.0, 1.0, 0.5, percent=True)
        self.metrics = IntervalChart("Agreement of every metric with these ears", -1.0, 1.0, 0.0)
        self.wins = QTableWidget()
        self._dialog: QFileDialog | None = None
        self._lay_out()
        self.listener.currentIndexChanged.connect(self._show)

    def show_book(self, book: AnswerBook) -> None:
        self._book = book
        self.listener.blockSignals(True)
        self.listener.clear()
        self.listener.addItem(EVERYBODY, None)
        for name in book.listeners():
            self.listener.addItem(one_line(name, 60), name)
        self.listener.blockSignals(False)
        self.listener.setVisible(self.listener.count() > 2)
        self.notice.setText("")
        self._show()

    @Slot()
    def refresh(self) -> None:
        """Scores came in: metrics can be compared with more answers."""
        if self._book is not None:
            self._show()

    @Slot()
    def _show(self) -> None:
        if self._book is None:
            return
        name = self.listener.currentData()
        answers = self._book.answers(*([name] if name else []))
        names = [each.name for each in self._book.contenders]
        self.found = result = judge(answers, names, self._book.scores())
        self.title.setText(one_line(self._book.name, 120))
        self.sentence.setText(result.sentence)
        self.method.setText(method(result))
        self.strengths.show_rows([
            Interval(row.name, strength_words(row.preferred), *row.preferred) for row in result.standings
        ])  # fmt: skip
        self.metrics.show_rows([
            Interval(metric_name(each.metric), each.reason or "") if each.correlation is None
            else Interval(metric_name(each.metric), agreement_words(each.correlation, each.low, each.high, each.pairs),
                          each.correlation, each.low, each.high)
            for each in result.metrics
        ])  # fmt: skip
        for part in (self.metrics, self._metrics_title):
            part.setVisible(bool(result.metrics))
        self._fill_wins(result)

    def _fill_wins(self, result: Result) -> None:
        names = [row.name for row in result.standings]
        place = {name: number for number, name in enumerate(result.names)}
        table = self.wins
        table.setRowCount(len(names))
        table.setColumnCount(len(names))
        table.setVerticalHeaderLabels([f"{number}  {_short(name)}" for number, name in enumerate(names, 1)])
        table.setHorizontalHeaderLabels([str(number) for number in range(1, len(names) + 1)])
        for i, row in enumerate(names):
            for j, column in enumerate(names):
                wins = result.counts.wins[place[row], place[column]]
                item = QTableWidgetItem("·" if i == j else f"{wins:.0f}")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                if i != j:
                    item.setToolTip(tool_tip(f"{row} was preferred to {column} {wins:.0f} times"))
                table.setItem(i, j, item)
        table.resizeColumnsToContents()
        height = table.horizontalHeader().sizeHint().height() + sum(map(table.rowHeight, range(len(names)))) + 4
        table.setFixedHeight(height)

    # -- taking it along ------------------------------------------------------------------------

    @Slot()
    def copy(self) -> None:
        if self.found is not None and self._book is not None:
            QGuiApplication.clipboard().setText(markdown(self._book.name, self.found))
            self.notice.setText("Copied as Markdown.")

    @Slot()
    def export(self) -> None:
        """Ask for a name; .csv holds the answers, .json answers and result, .md the page."""
        self._dialog = QFileDialog(
            self, "Export", "blind-test.json", "All of it (*.json);;Answers (*.csv);;Page (*.md)"
        )
        self._dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        self._dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self._dialog.setModal(False)
        self._dialog.fileSelected.connect(self.write)
        self._dialog.show()

    @Slot(str)
    def write(self, name: str) -> None:
        if self.found is None or self._book is None:
            return
        path = Path(name)
        texts = {".csv": lambda: write_csv(self._book.answers()), ".md": lambda: markdown(self._book.name, self.found)}
        try:
            path.write_text(texts.get(path.suffix.lower(), self._json)(), encoding="utf-8")
        except OSError as error:
            self.notice.setText(f"{path} cannot be written ({error.strerror}).")
        else:
            self.notice.setText(f"Written to {path}.")

    def _json(self) -> str:
        return json.dumps({
            "test": self._book.name, "result": self.found.as_dict(),
            "answers": [{name: getattr(each, name) for name in each.__slots__} for each in self._book.answers()],
            "scores": self._book.scores(), "contenders": [each.as_dict() for each in self._book.contenders],
        }, ensure_ascii=False, indent=1) + "\n"  # fmt: skip

    # -- appearance -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.title.setFont(scaled_font(self.font(), 1.15, bold=True))
        self.sentence.setFont(scaled_font(self.font(), 1.15))
        for label in (self.title, self.sentence, self.method, self.notice):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        for label in (self.method, self.notice):
            label.setProperty("role", "muted")
        for label in (self.sentence, self.method):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.listener.setAccessibleName("Whose answers")
        self.wins.setAccessibleName("How often the row was preferred to the column")
        self.wins.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.wins.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self._metrics_title = _title("How well each metric agrees with these ears")
        inside = QWidget()
        page = QVBoxLayout(inside)
        page.setSpacing(10)
        for widget in (self.sentence, _title("Preferred to the average contender"), self.strengths,
                       _title("How often the row was preferred to the column"), self.wins,
                       self._metrics_title, self.metrics, self.method):  # fmt: skip
            page.addWidget(widget)
        page.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inside)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.listener)
        foot = QHBoxLayout()
        foot.addWidget(self._button("Back", self.back_wanted))
        foot.addWidget(self.notice, 1)
        foot.addWidget(self._button("Copy", self.copy))
        foot.addWidget(self._button("Export…", self.export))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(slot)
        return button


def _short(name: str, longest: int = 64) -> str:
    """Beginning and end of a name: there it says which run and which epoch."""
    name = one_line(name)
    return name if len(name) <= longest else f"{name[: longest // 2]}…{name[-longest // 2 :]}"


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "title")
    return label
