"""One alert in full: what happened, its figures, where it probably comes from and what to do, in order."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from musiclog.episodes import OPEN_STATES, AlertEpisode, Turn

from ..icons import dress
from ..state import wording
from ..state.alerts import SEVERITY_ROLES, SIGNS, AlertRow, kind_words, state_words
from ..theme import scaled_font, theme, theme_changed
from .flow_layout import FlowLayout

MORNING = 8  # o'clock: until then one may sleep
NOT_OVER = "the run ended"
MOST_TURNS = 12  # of an episode that comes and goes; how many came before is said
# A record may carry a whole window of values; the page shows this many figures and says how many it leaves out.
MOST_FIGURES = 24


class AlertDetail(QScrollArea):
    """Shows an AlertRow; related are the other alerts of its incident."""

    moment_wanted = Signal(object)  # AlertRow: all metrics around it
    charts_wanted = Signal(object)  # AlertRow
    acknowledge_wanted = Signal(object, bool)  # AlertRow, acknowledged
    snooze_wanted = Signal(object, object, object)  # AlertRow, seconds or None, steps or None
    wake_wanted = Signal(object)  # AlertRow
    mute_wanted = Signal(str, bool)  # kind, muted
    mute_run_wanted = Signal(str, bool)  # run id, muted
    other_wanted = Signal(object)  # key of another alert

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Alert in full")
        self.setMinimumWidth(320)
        self._row: AlertRow | None = None
        self._related: tuple[AlertRow, ...] = ()
        theme_changed.connect(self._redress)
        self.show_row(None, ())

    def row(self) -> AlertRow | None:
        return self._row

    def show_row(self, row: AlertRow | None, related: Sequence[AlertRow]) -> None:
        """Show another alert from its top, or the same one with its news where it was scrolled to."""
        related = tuple(related)
        if self.widget() is not None and (row, related) == (self._row, self._related):
            return
        same = row is not None and self._row is not None and row.key == self._row.key
        self._row, self._related = row, related
        scrolled = self.verticalScrollBar().value() if same else 0
        focused = self.focusWidget().objectName() if same and self.focusWidget() is not None else ""
        self.setWidget(self._content())
        self.widget().layout().activate()
        self.verticalScrollBar().setValue(scrolled)
        if focused and (again := self.widget().findChild(QWidget, focused)) is not None:
            again.setFocus()

    # -- what it is made of ---------------------------------------------------------------------

    def _content(self) -> QWidget:
        content = QWidget()
        content.setAutoFillBackground(False)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 2, 8, 8)
        layout.setSpacing(10)
        if self._row is None:
            layout.addStretch(1)
            layout.addWidget(_label("Choose an alert to see its figures and what to do.", "muted", centred=True))
            layout.addStretch(2)
            return content
        self._head(layout, self._row)
        self._course(layout, self._row.episode)
        self._figures(layout, self._row.episode.evidence)
        self._cause(layout)
        self._advice(layout, self._row.episode.suggestions)
        layout.addStretch(1)
        return content

    def _head(self, layout: QVBoxLayout, row: AlertRow) -> None:
        episode = row.episode
        words = (f"{SIGNS[episode.severity]}  {episode.severity}", kind_words(episode.kind), state_words(row))
        badge = _label("  ·  ".join(words))
        badge.setObjectName("badge")
        badge.setStyleSheet(f"color: {getattr(theme(), SEVERITY_ROLES[episode.severity])}")
        title = _label(episode.title)
        title.setFont(scaled_font(self.font(), 1.2, bold=True))
        layout.addWidget(badge)
        layout.addWidget(title)
        if episode.ending and episode.ending != episode.title:
            layout.addWidget(_label(episode.ending))
        layout.addWidget(_label(where_and_when(row), "muted"))
        if len(episode.found_by) > 1:
            layout.addWidget(_label("The run told of it itself, and musiclog found it as well.", "muted"))
        layout.addLayout(self._buttons(row))

    def _buttons(self, row: AlertRow) -> FlowLayout:
        moment = _button("All metrics around it", "search", "on_accent")
        moment.setProperty("role", "primary")
        moment.setToolTip("Every metric of the run in small charts around this step (Enter)")
        moment.clicked.connect(self._moment)
        charts = _button("Show on charts", "chart")
        charts.setToolTip("Zoom the Live page to this step")
        charts.clicked.connect(self._charts)
        for button in (moment, charts):
            button.setEnabled(row.episode.opened_step is not None)
        seen = _button("Take back" if row.acknowledged else "Acknowledge", "check")
        seen.setToolTip("Acknowledged alerts stay in the list but are no longer counted.")
        seen.clicked.connect(self._acknowledge)
        line = FlowLayout(spacing=6)
        for button in (moment, charts, seen, self._snooze_button(row), self._mute_button(row)):
            button.setObjectName(f"action{button.text()}")
            line.addWidget(button)
        return line

    def _snooze_button(self, row: AlertRow) -> QPushButton:
        if row.snooze is not None:
            button = _button("Wake", "volume")
            button.clicked.connect(self._wake)
            return button
        button = _button("Snooze", "pause")
        button.setToolTip("Not counted for a while; it comes back by itself, and at once when it gets graver.")
        menu = QMenu(button)
        for words, seconds, steps in snoozes():
            menu.addAction(words).setData((seconds, steps))
        menu.triggered.connect(self._snooze)
        button.setMenu(menu)
        return button

    def _mute_button(self, row: AlertRow) -> QPushButton:
        button = _button("Mute", "volume-off")
        button.setToolTip("Muted alerts stay in the list but are not counted.")
        menu = QMenu(button)
        kind = kind_words(row.episode.kind).replace("&", "&&")
        menu.addAction(f"{'Unmute' if row.muted else 'Mute'} “{kind}” in every run").setData("kind")
        menu.addAction("Unmute this run" if row.run_muted else "Mute this run").setData("run")
        menu.triggered.connect(self._mute)
        button.setMenu(menu)
        return button

    def _course(self, layout: QVBoxLayout, episode: AlertEpisode) -> None:
        """What was said of it when, where that is more than that it opened."""
        if len(episode.history) < 2:
            return
        layout.addWidget(_heading("How it went"))
        grid = QGridLayout()
        grid.setContentsMargins(2, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(2, 1)
        turns = course(episode)
        if len(turns) > MOST_TURNS:
            grid.addWidget(_label(f"{len(turns) - MOST_TURNS} earlier", "muted"), 0, 1)
        for line, (turn, words) in enumerate(turns[-MOST_TURNS:], 1):
            over = turn.state not in OPEN_STATES and words != NOT_OVER
            sign = _label("✓" if over else SIGNS[turn.severity], wraps=False)
            role = "good" if over else SEVERITY_ROLES[turn.severity]
            sign.setStyleSheet(f"color: {getattr(theme(), role)}")
            where = [f"step {wording.step_text(turn.step)}"] if turn.step is not None else []
            where += [wording.moment(turn.time)] if turn.time is not None else []
            grid.addWidget(sign, line, 0)
            grid.addWidget(_label(words, wraps=False), line, 1)
            grid.addWidget(_label("  ·  ".join(where), "muted"), line, 2)
        layout.addLayout(grid)

    def _figures(self, layout: QVBoxLayout, evidence: Mapping[str, Any]) -> None:
        if not evidence:
            return
        layout.addWidget(_heading("Figures"))
        card, grid = QFrame(), QGridLayout()
        card.setProperty("card", "true")
        card.setLayout(grid)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(list(evidence.items())[:MOST_FIGURES]):
            grid.addWidget(_label(figure_name(name), "muted", wraps=False), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_label(wording.figure(value)), line, 1)
        if len(evidence) > MOST_FIGURES:
            more = f"{len(evidence) - MOST_FIGURES} more in the run's events"
            grid.addWidget(_label(more, "muted"), MOST_FIGURES, 0, 1, 2)
        layout.addWidget(card)

    def _cause(self, layout: QVBoxLayout) -> None:
        if self._row is None or not self._related:
            return
        own, cause = self._row.episode.id, self._row.episode.cause
        start = self._row.episode.opened_step or 0.0
        # What is measured rarely may have begun before its cause was seen; then nothing is said of the order.
        led = all(row.episode.cause == own and (row.episode.opened_step or 0.0) >= start for row in self._related)
        layout.addWidget(_heading("Led to" if led else "Comes with"))
        for row in sorted(self._related, key=lambda row: (row.episode.id != cause, row.episode.opened_step or 0.0)):
            words = f"{kind_words(row.episode.kind)}, step {wording.step_text(row.episode.opened_step)}"
            link = QPushButton(f"Probable cause: {words}" if row.episode.id == cause else words)
            link.setToolTip(wording.tool_tip(row.episode.title))
            link.setProperty("alert", row.key)
            link.clicked.connect(self._other)
            layout.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _advice(self, layout: QVBoxLayout, suggestions: Sequence[Mapping[str, Any]]) -> None:
        if not suggestions:
            return
        layout.addWidget(_heading("What to do, in this order"))
        for number, suggestion in enumerate(suggestions, 1):
            layout.addWidget(_Advice(number, suggestion))

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def _moment(self) -> None:
        self.moment_wanted.emit(self._row)

    @Slot()
    def _charts(self) -> None:
        self.charts_wanted.emit(self._row)

    @Slot()
    def _acknowledge(self) -> None:
        if self._row is not None:
            self.acknowledge_wanted.emit(self._row, not self._row.acknowledged)

    @Slot(QAction)
    def _snooze(self, action: QAction) -> None:
        self.snooze_wanted.emit(self._row, *action.data())

    @Slot()
    def _wake(self) -> None:
        self.wake_wanted.emit(self._row)

    @Slot(QAction)
    def _mute(self, action: QAction) -> None:
        if self._row is None:
            return
        if action.data() == "kind":
            self.mute_wanted.emit(self._row.episode.kind, not self._row.muted)
        else:
            self.mute_run_wanted.emit(self._row.run, not self._row.run_muted)

    @Slot()
    def _other(self) -> None:
        self.other_wanted.emit(tuple(self.sender().property("alert")))

    @Slot(object)
    def _redress(self, _theme: object) -> None:
        row, related = self._row, self._related
        self._row, self._related = None, ()
        self.show_row(row, related)


class _Advice(QFrame):
    """One suggestion: what to do, why, who says so, and the change to the configuration with a copy button."""

    def __init__(self, number: int, suggestion: Mapping[str, Any]) -> None:
        super().__init__()
        self.setProperty("card", "true")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        order = _label(f"{number}.", "title", wraps=False)
        grid.addWidget(order, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_label(str(suggestion.get("text", ""))), 0, 1)
        line = 1
        if suggestion.get("reason"):
            grid.addWidget(_label(str(suggestion["reason"]), "muted"), line, 1)
            line += 1
        if suggestion.get("patch"):
            self._patch = json.dumps(suggestion["patch"], indent=2, ensure_ascii=False, default=str)
            grid.addLayout(self._patch_line(number), line, 1)
            line += 1
        if suggestion.get("source"):
            source = _label(f"Source: {suggestion['source']}", "muted")
            source.setFont(scaled_font(self.font(), 0.9))
            grid.addWidget(source, line, 1)

    def _patch_line(self, number: int) -> QHBoxLayout:
        code = _label(self._patch)
        code.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        code.setContentsMargins(8, 6, 8, 6)
        code.setStyleSheet(f"background: {theme().window}; border-radius: 4px")
        copy = _button("Copy", "copy")
        copy.setObjectName(f"patch{number}")
        copy.setAccessibleName(f"Copy the configuration change of suggestion {number}")
        copy.clicked.connect(self._copy)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(code, 1)
        line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        return line

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._patch)


def snoozes(now: float | None = None) -> list[tuple[str, float | None, float | None]]:
    """What is offered: words, seconds or None, steps or None."""
    morning = datetime.fromtimestamp(time.time() if now is None else now)
    rest = (morning.replace(hour=MORNING, minute=0, second=0, microsecond=0) - morning).total_seconds()
    until_morning = rest if rest > 0 else rest + 86_400
    return [
        ("For 15 minutes", 900.0, None),
        ("For an hour", 3600.0, None),
        (f"Until {MORNING}:00 in the morning", until_morning, None),
        ("For 100 steps", None, 100.0),
        ("For 1,000 steps", None, 1000.0),
    ]


def course(episode: AlertEpisode) -> list[tuple[Turn, str]]:
    """Each turn with its words: opened as warning, became critical, recovered."""
    told = []
    for number, turn in enumerate(episode.history):
        if turn.state == "opened":
            words = f"came back as {turn.severity}" if number else f"opened as {turn.severity}"
        elif turn.state == "escalated":
            words = f"became {turn.severity}"
        else:
            words = turn.state
        told.append((turn, words))
    if told and episode.unresolved and not episode.open:
        told[-1] = (told[-1][0], NOT_OVER)
    return told


def where_and_when(row: AlertRow) -> str:
    """Run, metric, steps and time in one line."""
    episode = row.episode
    first, last = wording.step_text(episode.opened_step), wording.step_text(episode.last_step)
    steps = f"step {first}" if first == last else f"steps {first} to {last}"
    parts = [wording.one_line(row.run_name, 60), wording.one_line(episode.metric), steps]
    if episode.opened_time is not None:
        parts.append(f"since {wording.moment(episode.opened_time)}")
    return "  ·  ".join(part for part in parts if part)


def figure_name(name: str) -> str:
    return wording.one_line(name).replace("_", " ")


def _label(text: str, role: str = "", *, wraps: bool = True, centred: bool = False) -> QLabel:
    label = QLabel(wording.breakable(text))
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(wraps)
    if centred:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    if role:
        label.setProperty("role", role)
    return label


def _heading(text: str) -> QLabel:
    label = _label(text, "title", wraps=False)
    label.setContentsMargins(0, 6, 0, 0)
    return label


def _button(text: str, icon: str, role: str = "text") -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    dress(button, icon, role)
    return button
