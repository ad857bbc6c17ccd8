"""Two pieces without names, and the keys to answer with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..theme import scaled_font
from ..work.blind_listening import FIRST, SECOND, Hearing

KEYS = {
    Qt.Key.Key_1: "first", Qt.Key.Key_2: "second", Qt.Key.Key_0: "tie", Qt.Key.Key_3: "tie", Qt.Key.Key_Equal: "tie",
    Qt.Key.Key_Space: "tie",
}  # fmt: skip
HEAR = {Qt.Key.Key_A: FIRST, Qt.Key.Key_Left: FIRST, Qt.Key.Key_B: SECOND, Qt.Key.Key_Right: SECOND}
HINTS = (
    ("1", "the first is better"), ("2", "the second is better"), ("Space or 0", "no difference"),
    ("R", "hear both again"), ("←  →", "hear one again"), ("Backspace", "take the last answer back"),
    ("Esc", "stop; go on later"),
)  # fmt: skip


class BlindTrial(QWidget):
    """Everything by keys; the buttons do the same for a mouse."""

    answered = Signal(str)  # first, second or tie
    hear_wanted = Signal(int)
    replay_wanted = Signal()
    back_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.progress, self.count, self.notice = QProgressBar(), QLabel(), QLabel()
        self.sides = (_Side("1", "First"), _Side("2", "Second"))
        self.tie = QPushButton("No difference")
        self.tie.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tie.clicked.connect(self._tie)
        for side, choice in zip(self.sides, (self._first, self._second), strict=True):
            side.clicked.connect(choice)
        self._lay_out()
        self.show_hearing(Hearing())

    @Slot(object)
    def show_hearing(self, hearing: Hearing) -> None:
        self.progress.setMaximum(max(hearing.planned, 1))
        self.progress.setValue(hearing.answered)
        pair = min(hearing.answered + 1, hearing.planned)
        self.count.setText(f"Pair {pair} of {hearing.planned}")
        for number, side in enumerate(self.sides):
            side.show_state(hearing.side == number, number in hearing.heard)
        self.tie.setEnabled(hearing.may_answer)
        waiting = "Listen to both." if not hearing.may_answer else "Which is better?"
        self.notice.setText(hearing.notice or ("Preparing the sound…" if hearing.loading else waiting))
        self.setAccessibleDescription(f"{self.count.text()}. {self.notice.text()}")

    @Slot()
    def _first(self) -> None:
        self.answered.emit("first")

    @Slot()
    def _second(self) -> None:
        self.answered.emit("second")

    @Slot()
    def _tie(self) -> None:
        self.answered.emit("tie")

    def _lay_out(self) -> None:
        self.setAccessibleName("Blind test")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.count.setProperty("role", "muted")
        self.notice.setFont(scaled_font(self.font(), 1.25))
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setWordWrap(True)
        for label in (self.count, self.notice):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        cards = QHBoxLayout()
        cards.setSpacing(24)
        for side in self.sides:
            cards.addWidget(side, 1)
        hints = QGridLayout()
        hints.setHorizontalSpacing(14)
        hints.setVerticalSpacing(4)
        for row, (key, meaning) in enumerate(HINTS):
            key_label, words = QLabel(key), QLabel(meaning)
            words.setProperty("role", "muted")
            hints.addWidget(key_label, row, 0, Qt.AlignmentFlag.AlignRight)
            hints.addWidget(words, row, 1)
        centred = QHBoxLayout()
        centred.addStretch()
        centred.addLayout(hints)
        centred.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(48, 24, 48, 24)
        layout.setSpacing(18)
        layout.addWidget(self.progress)
        layout.addWidget(self.count)
        layout.addStretch(1)
        layout.addWidget(self.notice)
        layout.addLayout(cards)
        layout.addWidget(self.tie, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        layout.addLayout(centred)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.isAutoRepeat():  # a key held down must not answer the next pair as well
            return
        if key in KEYS:
            self.answered.emit(KEYS[Qt.Key(key)])
        elif key in HEAR:
            self.hear_wanted.emit(HEAR[Qt.Key(key)])
        elif key == Qt.Key.Key_R:
            self.replay_wanted.emit()
        elif key == Qt.Key.Key_Backspace:
            self.back_wanted.emit()
        elif key == Qt.Key.Key_Escape:
            self.stop_wanted.emit()
        else:
            super().keyPressEvent(event)


class _Side(QPushButton):
    """One of the two: its number, and whether it is heard now."""

    def __init__(self, key: str, name: str) -> None:
        super().__init__(key)
        self._name = name
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFont(scaled_font(self.font(), 2.6, bold=True))
        self.setMinimumHeight(round(4.5 * self.fontMetrics().height()))
        self.setCheckable(True)  # checked: it is heard now
        self.show_state(False, False)

    def show_state(self, sounding: bool, heard: bool) -> None:
        self.setChecked(sounding)
        key = self.text().split("\n")[0].removesuffix(" ♪")
        self.setText(f"{key} ♪" if sounding else key)
        state = "is heard now" if sounding else "was heard" if heard else "is not yet heard"
        self.setAccessibleName(f"{self._name} {state}")
        self.setToolTip(f"{self._name}: {state}")

    def nextCheckState(self) -> None:
        """A click answers; what is heard says the player."""
