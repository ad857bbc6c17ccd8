"""Two or four samples side by side, one transport for all: the place stays while one goes from one to another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..icons import dress
from ..state.bars import same_bar
from ..state.compare_findings import Findings
from ..state.compare_music import Card
from ..state.runs import RunEntry
from ..state.swatch import swatch
from ..state.wording import one_line, step_text, tool_tip
from ..theme import theme
from ..work.player import Phase, Player, Status
from ..work.score_desk import ScoreDesk
from .compare_part import ComparePart, plain
from .compare_scatter import newest_sample
from .empty_state import EmptyState
from .flow_layout import FlowLayout
from .piano_roll import PianoRoll

if TYPE_CHECKING:
    from musiclog.notes import Notes

LETTERS = "ABCD"
BAR, SECOND = 0, 1


class Seat(QFrame):
    """One of the samples: whose it is, which one, its notes, and a button to hear it."""

    hear_wanted = Signal()
    sought = Signal(float)
    changed = Signal()  # another sample sits here

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter, self.key = letter, None  # type: tuple[str, Key | None]
        self.setProperty("card", True)
        self.run, self.sample, self.hear = QComboBox(), QComboBox(), QPushButton(f"Hear &{letter}")
        self.quality = plain("", "muted")
        self.roll = PianoRoll()
        self.roll.setAccessibleName(f"Piano roll of {letter}")
        self.roll.setMinimumHeight(90)
        self.roll.sought.connect(self.sought)
        self.hear.setAutoDefault(False)
        self.hear.clicked.connect(self.hear_wanted)
        for box, name in ((self.run, f"Run of {letter}"), (self.sample, f"Sample of {letter}")):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        self.run.currentIndexChanged.connect(self._run_chosen)
        self.sample.currentIndexChanged.connect(self._sample_chosen)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.hear)
        head.addWidget(self.run, 1)
        below = QHBoxLayout()
        below.addWidget(self.quality)
        below.addWidget(self.sample, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addLayout(below)
        layout.addWidget(self.roll, 1)
        self._entries: dict[str, RunEntry] = {}

    def offer(self, entries: list[RunEntry], colours: dict[str, str], usual: str | None) -> None:
        """The runs to choose from; who sits here stays as long as the run is among them."""
        self._entries = {entry.id: entry for entry in entries}
        before = None if self.key is None else self.key[0]
        if [entry.id for entry in entries] != [self.run.itemData(row) for row in range(self.run.count())]:
            self.run.blockSignals(True)
            self.run.clear()
            for entry in entries:
                self.run.addItem(swatch(colours.get(entry.id, entry.colour)), one_line(entry.name, 60), entry.id)
            wanted = before if before in self._entries else usual
            self.run.setCurrentIndex(self.run.findData(wanted))
            self.run.blockSignals(False)
        self._offer_samples()

    def _offer_samples(self) -> None:
        entry = self._entries.get(self.run.currentData())
        files = [] if entry is None else list(entry.data.samples.values())[::-1]
        if [file.path for file in files] == [self.sample.itemData(row) for row in range(self.sample.count())]:
            return
        at_newest = self.sample.currentIndex() <= 0
        before = None if at_newest else self.sample.currentData()
        self.sample.blockSignals(True)
        self.sample.clear()
        for file in files:
            step = "" if file.step is None else f"step {step_text(file.step)} · "
            self.sample.addItem(f"{step}{one_line(file.prompt or file.name, 40)}", file.path)
        newest = None if entry is None else newest_sample(entry)
        place = self.sample.findData(before if before is not None else newest)
        self.sample.setCurrentIndex(place if place >= 0 else (0 if files else -1))
        self.sample.blockSignals(False)
        self._sit()

    @Slot()
    def _run_chosen(self) -> None:
        self.sample.clear()
        self._offer_samples()

    @Slot()
    def _sample_chosen(self) -> None:
        self._sit()

    def _sit(self) -> None:
        run, path = self.run.currentData(), self.sample.currentData()
        key = (run, path) if run is not None and path is not None else None
        if key != self.key:
            self.key = key
            self.run.setToolTip(tool_tip(self.run.currentText()))
            self.sample.setToolTip(tool_tip(path or ""))
            self.hear.setEnabled(key is not None)
            self.changed.emit()


class CompareListen(ComparePart):
    """The seats, and the player that they share."""

    def __init__(
        self, findings: Findings, scores: ScoreDesk, player: Player, card_of: Callable[[RunEntry, str], Card],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(findings, parent)
        self._scores, self._player, self._card_of = scores, player, card_of
        self._notes: dict[str, Notes] = {}
        self.seats = [Seat(letter) for letter in LETTERS]
        self.count, self.match, self.play = QComboBox(), QComboBox(), QPushButton("Play")
        self.count.addItems(["Two samples", "Four samples"])
        self.match.addItems(["Same bar", "Same second"])
        self.count.setAccessibleName("How many samples")
        self.match.setAccessibleName("Where the other one goes on")
        self.play.setAutoDefault(False)
        self.empty = EmptyState()
        self._lay_out()
        self.count.currentIndexChanged.connect(self.renew)
        self.play.clicked.connect(self._play_or_pause)
        scores.notes_arrived.connect(self._notes_arrived)
        player.moved.connect(self._moved)
        player.changed.connect(self._player_changed)
        for seat in self.seats:
            seat.changed.connect(partial(self._seated, seat))
            seat.hear_wanted.connect(partial(self._hear, seat))
            seat.sought.connect(partial(self._seek, seat))

    # -- drawing --------------------------------------------------------------------------------

    def refresh(self) -> None:
        answer = self.findings.answer
        groups = self.findings.groups()
        entries = [entry for run in (() if answer is None else answer.runs)
                   if (entry := self.findings.entry(run)) is not None and entry.data.samples]  # fmt: skip
        self._stack.setCurrentIndex(0 if entries else 1)
        if not entries:
            self.empty.say("None of these runs has samples.", "Runs that call log_sample() can be heard here.")
            return
        usual = self._usual([list(group.runs) for group in groups], {entry.id for entry in entries})
        colours = self.findings.colours_by_run()
        for place, seat in enumerate(self.seats):
            seat.setVisible(place < self._wanted())
            seat.offer(entries, colours, usual[place % len(usual)])
        self._tell_qualities()

    def _wanted(self) -> int:
        return 2 if self.count.currentIndex() == 0 else 4

    def _usual(self, groups: list[list[str]], known: set[str]) -> list[str]:
        """One run of every group in turns: who compares groups hears one of each first."""
        waiting = [[run for run in group if run in known] for group in groups]
        waiting = [group for group in waiting if group]
        found: list[str] = []
        while len(found) < len(self.seats) and any(waiting):
            for group in waiting:
                if group:
                    found.append(group.pop(0))
        return found

    def _tell_qualities(self) -> None:
        for seat in self.seats:
            entry = None if seat.key is None else self.findings.entry(seat.key[0])
            card = {} if entry is None or seat.key is None else self._card_of(entry, seat.key[1])
            seat.quality.setText(f"quality {card['overall']:.2f}" if "overall" in card else "")

    def _lay_out(self) -> None:
        bar = FlowLayout()
        dress(self.play, "play")
        for widget in (self.play, self.count, self.match):
            bar.addWidget(widget)
        bar.addWidget(plain("Hear another one: it goes on at the same place, at one loudness.", "muted"))
        grid = QGridLayout()
        grid.setSpacing(10)
        for place, seat in enumerate(self.seats):
            grid.addWidget(seat, place // 2, place % 2)
            grid.setColumnStretch(place % 2, 1)
        holder = QWidget()
        holder_layout = QVBoxLayout(holder)
        holder_layout.setContentsMargins(0, 0, 0, 0)
        holder_layout.addLayout(bar)
        holder_layout.addLayout(grid, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(holder)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.addWidget(self._stack)

    # -- notes ----------------------------------------------------------------------------------

    def _seated(self, seat: Seat) -> None:
        if seat.key is None:
            seat.roll.say("No sample")
            return
        seat.roll.say("Reading…")
        notes = self._scores.notes(seat.key[1])
        if notes is not None:
            self._notes_arrived(seat.key[1], notes)
        self._tell_qualities()

    @Slot(str, object)
    def _notes_arrived(self, path: str, notes: Notes | str) -> None:
        here = [seat for seat in self.seats if seat.key is not None and seat.key[1] == path]
        if not here:
            return
        seated = {seat.key[1] for seat in self.seats if seat.key is not None}
        self._notes = {known: kept for known, kept in self._notes.items() if known in seated}
        if not isinstance(notes, str):
            self._notes[path] = notes
        for seat in here:
            if isinstance(notes, str):
                seat.roll.say("This file gives no notes", notes)
            elif not len(notes):
                seat.roll.say("This file holds no notes", "There is nothing to hear in it.")
            else:
                seat.roll.show_notes(notes, (), one_line(seat.run.currentText(), 80))
        self._moved(self._player.position_s)

    # -- hearing --------------------------------------------------------------------------------

    def heard(self) -> Seat | None:
        """The seat whose sample is the player's."""
        return next((seat for seat in self._seen() if seat.key == self._player.status.sample is not None), None)

    def _seen(self) -> list[Seat]:
        return [seat for seat in self.seats[: self._wanted()] if seat.key is not None]

    def _carry(self, here: str, there: str) -> Callable[[float], float]:
        by_bar = self.match.currentIndex() == BAR and here in self._notes and there in self._notes
        return same_bar(self._notes[here], self._notes[there]) if by_bar else float

    def _hear(self, seat: Seat) -> None:
        before = self.heard()
        if seat.key is None:
            return
        if before is None or before.key is None:
            self._player.play_sample(*seat.key)
        elif before is seat:
            self._player.toggle()
            return
        else:
            self._player.switch(seat.key, self._carry(before.key[1], seat.key[1]))
            self._player.play()
        self._player.set_rival(before.key if before is not None else None)

    @Slot()
    def _play_or_pause(self) -> None:
        if self.heard() is not None:
            self._player.toggle()
        elif self._seen():
            self._hear(self._seen()[0])

    def _seek(self, seat: Seat, seconds: float) -> None:
        """A click into any of the rolls goes there, whichever is heard."""
        before = self.heard()
        if seat.key is None:
            return
        if before is None or before.key is None:
            self._player.load(*seat.key)
            self._player.seek(seconds)
        else:
            self._player.seek(max(self._carry(seat.key[1], before.key[1])(seconds), 0.0))

    @Slot(float)
    def _moved(self, seconds: float) -> None:
        heard = self.heard()
        if heard is None or heard.key is None or not self.isVisible():
            return
        for seat in self._seen():
            if seat.key is not None and seat.key[1] in self._notes:
                seat.roll.show_position(max(self._carry(heard.key[1], seat.key[1])(seconds), 0.0))

    @Slot(object)
    def _player_changed(self, status: Status) -> None:
        heard = self.heard()
        playing = heard is not None and status.phase in (Phase.PLAYING, Phase.LOADING)
        self.play.setText("Pause" if playing else "Play")
        dress(self.play, "pause" if playing else "play")
        for seat in self.seats:
            seat.hear.setStyleSheet(f"color: {theme().accent}" if seat is heard else "")
