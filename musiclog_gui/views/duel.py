"""A and B side by side: the other sample's notes, one transport for both, and what their scores differ in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from musiclog.arrangement import AS_WRITTEN, Arrangement
from musiclog.records import SampleFile

from ..icons import dress
from ..state.bars import same_bar
from ..state.samples import METRICS, Key, SampleRow, SampleTableModel, short, signed
from ..state.wording import one_line, tool_tip
from ..theme import theme, theme_changed
from ..work.player import Player, Status
from ..work.score_desk import ScoreDesk
from .piano_roll import PianoRoll
from .roll_overview import RollOverview
from .track_legend import TrackLegend

if TYPE_CHECKING:
    from musiclog.notes import Notes

BAR, SECOND = 0, 1
LONGEST_TITLE = 150  # pixels
CORPUS = "corpus"  # stands for the run of a piece that is in no run


class Duel(QWidget):
    """The side of B. A is whatever sample is chosen in the table; B stays until it is given up."""

    rival_changed = Signal(object)  # Key or None
    a_moved = Signal(float)  # the place in A while B is heard, in seconds

    def __init__(
        self, model: SampleTableModel, scores: ScoreDesk, player: Player, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model, self._scores, self._player = model, scores, player
        self.a: Key | None = None
        self.b: Key | None = None
        self._notes: dict[Key, Notes] = {}
        self._piece: SampleRow | None = None  # B, where it is in no run
        self._carries: dict[tuple[Key, Key], Callable[[float], float]] = {}
        self._roll_a: PianoRoll | None = None
        self._leading = False
        self.title, self.roll, self.legend = QLabel(), PianoRoll(), TrackLegend()
        self.overview = RollOverview()
        self.roll.setAccessibleName("Piano roll of B")
        self.overview.setAccessibleName("Overview of B")
        self.match, self.swap, self.close_button = QComboBox(), QPushButton(), QToolButton()
        self.differences = Differences()
        self._lay_out()
        scores.notes_arrived.connect(self._notes_arrived)
        player.moved.connect(self._moved)
        player.changed.connect(self._player_changed)
        self.roll.sought.connect(self._seek)
        self.roll.region_chosen.connect(self._repeat)
        self.match.currentIndexChanged.connect(self._place_again)
        self.legend.arranged.connect(self._arrange)
        self.roll.viewed.connect(self.overview.show_view)
        self.overview.sought.connect(self._centre)
        theme_changed.connect(self._dress)
        self.hide()
        self.differences.hide()

    # -- orders -----------------------------------------------------------------------------------

    def set_b(self, b: Key | None) -> None:
        """Compare with this sample, or with none any longer."""
        row = self._row(b)
        self.b = b if row is not None else None
        self._forget()
        self.setVisible(self.b is not None)
        self.differences.setVisible(self.b is not None)
        if self.b is not None and row is not None:
            name = one_line(row.file.name)
            short = self.title.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, LONGEST_TITLE)
            self.title.setText(f"B  {short}")
            self.title.setToolTip(tool_tip(row.file.path))
            self.roll.say("Reading…")
            self.legend.show_tracks(())
            self.overview.show_notes(None)
            notes = self._scores.notes(self.b[1])
            if notes is not None:
                self._notes_arrived(self.b[1], notes)
        self._tell()
        self.rival_changed.emit(self.b)

    @Slot(str)
    def set_file_as_b(self, path: str) -> None:
        """Compare with a piece that is in no run, such as one of the corpus."""
        self._piece = SampleRow(CORPUS, CORPUS, theme().muted, SampleFile(path, Path(path).name))
        self._scores.request(path)
        self.set_b(self._piece.key)

    def link(self, roll_a: PianoRoll) -> None:
        """Let A's roll and this one show the same music in the same zoom."""
        self._roll_a, self.roll.led = roll_a, True
        roll_a.viewed.connect(self._a_viewed)
        self.roll.steered.connect(self._b_steered)

    def set_a(self, a: Key | None, notes: Notes | None = None) -> None:
        """The sample that is chosen in the table."""
        self.a = a
        if a is not None and notes is not None:
            self._notes[a] = notes
        self._forget()
        self._tell()

    @Slot()
    def refresh(self) -> None:
        """Scores may have arrived."""
        if self.b is not None:
            self.differences.show_rows(self._row(self.a), self._row(self.b))

    @Slot()
    def switch(self) -> None:
        """Hear the other one of both from the same place on."""
        if self.a is None or self.b is None:
            return
        playing = self._player.status.sample
        to = self.a if playing == self.b else self.b
        if playing not in {self.a, self.b}:
            self._player.load(*self.a)
            to = self.b
        self._player.switch(to, self.carry(self.a if to == self.b else self.b, to))

    def carry(self, here: Key, there: Key) -> Callable[[float], float]:
        """From seconds in one of both to those in the other."""
        if self.match.currentIndex() != BAR or here not in self._notes or there not in self._notes:
            return _same_second
        if (here, there) not in self._carries:
            self._carries[here, there] = same_bar(self._notes[here], self._notes[there])
        return self._carries[here, there]

    def plays_b(self) -> bool:
        """Whether B is the player's, and not the sample chosen in the table."""
        return self.b is not None and self._player.status.sample == self.b != self.a

    def in_b(self, seconds: float) -> float:
        """A place of A in what is played, when that is B."""
        if self.a is None or self.b is None or not self.plays_b():
            return seconds
        return self.carry(self.a, self.b)(seconds)

    # -- inside -----------------------------------------------------------------------------------

    def _row(self, key: Key | None) -> SampleRow | None:
        piece = self._piece
        if piece is None or key != piece.key:
            return self._model.sample(key)
        return replace(piece, assessment=self._scores.assessment(piece.file.path))

    def _forget(self) -> None:
        self._carries.clear()
        self._notes = {key: notes for key, notes in self._notes.items() if key in {self.a, self.b}}

    def _tell(self) -> None:
        rival = None
        if self.b is not None:
            rival = self.a if self._player.status.sample == self.b else self.b
        self._player.set_rival(rival)
        self.refresh()
        self._show_who()

    @Slot(str, object)
    def _notes_arrived(self, path: str, notes: Notes | str) -> None:
        for key in {self.a, self.b} - {None}:
            if key[1] == path and not isinstance(notes, str):
                self._notes[key] = notes
                self._carries.clear()
        if self.b is None or self.b[1] != path:
            return
        if isinstance(notes, str):
            self.roll.say("This file gives no notes", notes)
        elif not len(notes):
            self.roll.say("This file holds no notes", "There is nothing to hear in it.")
        else:
            row = self._row(self.b)
            card = row.assessment.card if row is not None and row.assessment is not None else None
            self.roll.show_notes(notes, card.findings if card else (), row.file.name if row else "")
            self.overview.show_notes(notes)
            self.legend.show_tracks(notes.tracks)
            self._show_silent()
            self._a_viewed()
            self._moved(self._player.position_s)

    @Slot()
    def _a_viewed(self, _first: float = 0.0, _last: float = 0.0) -> None:
        self._lead(self._roll_a, self.roll, self.a, self.b)

    @Slot()
    def _b_steered(self) -> None:
        self._lead(self.roll, self._roll_a, self.b, self.a)

    def _lead(self, leader: PianoRoll | None, follower: PianoRoll | None, here: Key | None, there: Key | None) -> None:
        """Show the same bar or second at the left edge of both; where the other one has ended it stays."""
        if self._leading or leader is None or follower is None or here is None or there is None or self.b is None:
            return
        if leader.notes is None or follower.notes is None:
            return
        place = self.carry(here, there)(leader.seconds_at(leader.first_beat))
        self._leading = True
        follower.look(follower.beats_at(place) if place >= 0 else follower.first_beat, leader.beat_px)
        self._leading = False

    @Slot(float)
    def _centre(self, beats: float) -> None:
        self.roll.centre(beats)
        self._b_steered()

    @Slot(object)
    def _dress(self, _theme: object) -> None:
        """Colours that were written into words are those of another theme now."""
        self.refresh()
        self._show_who()

    @Slot(object)
    def _arrange(self, arrangement: Arrangement) -> None:
        """Tracks of B were muted or let play alone."""
        if self.b is not None:
            self._player.silence(self.b, arrangement)

    def _show_silent(self) -> None:
        self.legend.show_arrangement(AS_WRITTEN if self.b is None else self._player.arrangement_of(self.b))
        self.roll.show_silent(self.legend.silent())

    @Slot()
    def _place_again(self, _index: int = 0) -> None:
        self._a_viewed()
        self._moved(self._player.position_s)

    @Slot(float)
    def _moved(self, seconds: float) -> None:
        playing = self._player.status.sample
        if self.a is None or self.b is None or self.a == self.b or playing not in {self.a, self.b}:
            return
        in_b = seconds if playing == self.b else max(self.carry(self.a, self.b)(seconds), 0.0)
        self.roll.show_position(in_b)
        self.overview.show_position(in_b)
        if playing == self.b:
            self.a_moved.emit(max(self.carry(self.b, self.a)(seconds), 0.0))

    @Slot(object)
    def _player_changed(self, status: Status) -> None:
        if self.b is None:
            return
        rival = self.a if status.sample == self.b else self.b
        if status.rival != rival:
            self._player.set_rival(rival)
        self.roll.show_region(status.region if status.sample == self.b else None)
        self._show_silent()
        self._show_who()

    def _show_who(self) -> None:
        hears_b = self._player.status.sample == self.b is not None
        self.swap.setText("Hear A" if hears_b else "Hear B")
        self.swap.setToolTip("Go over to the other one at the same place (B)")
        self.title.setStyleSheet(f"color: {theme().accent}" if hears_b else "")

    @Slot(float)
    def _seek(self, seconds: float) -> None:
        """A click into B's notes goes there, whichever of both is heard."""
        if self.a is None or self.b is None:
            return
        playing = self._player.status.sample
        if playing == self.b:
            self._player.seek(seconds)
        elif playing == self.a:
            self._player.seek(max(self.carry(self.b, self.a)(seconds), 0.0))
        else:
            self._player.load(*self.b)
            self._player.seek(seconds)

    @Slot(object)
    def _repeat(self, region: tuple[float, float] | None) -> None:
        playing = self._player.status.sample
        if region is not None and self.a is not None and self.b is not None and playing == self.a:
            carry = self.carry(self.b, self.a)
            region = (carry(region[0]), carry(region[1]))
        self._player.set_region(region)

    @Slot()
    def _give_up(self) -> None:
        self.set_b(None)

    def _lay_out(self) -> None:
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setProperty("role", "title")
        self.title.setMinimumWidth(60)
        self.match.addItems(["Same bar", "Same second"])
        self.match.setAccessibleName("Where the other one goes on")
        self.swap.clicked.connect(self.switch)
        dress(self.close_button, "close")
        self.close_button.setAccessibleName("Compare no longer")
        self.close_button.setToolTip("Compare no longer")
        self.close_button.clicked.connect(self._give_up)
        head = QHBoxLayout()
        head.setContentsMargins(0, 6, 0, 0)
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.legend, 1)
        for widget in (self.swap, self.match, self.close_button):
            head.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.overview)
        layout.addWidget(self.roll, 1)


class Differences(QWidget):
    """All metrics of A and B, and by how much B is nearer to human music."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        for column, heading in enumerate(("", "A", "B", "Nearer")):
            grid.addWidget(_cell(heading, "muted"), 0, column)
        grid.itemAtPosition(0, 3).widget().setToolTip("How much nearer B is to human music than A, 0 to 1")
        for number, (name, (heading, meaning)) in enumerate([("overall", ("Quality", "")), *METRICS.items()], start=1):
            caption = _cell(heading, "muted", left=True)
            caption.setToolTip(meaning)
            grid.addWidget(caption, number, 0)
            self._cells[name] = (_cell(), _cell(), _cell())
            for column, cell in enumerate(self._cells[name], start=1):
                grid.addWidget(cell, number, column)
        heading = QLabel("A against B")
        heading.setProperty("role", "title")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(heading)
        layout.addLayout(grid)
        layout.addStretch()

    def show_rows(self, a: SampleRow | None, b: SampleRow | None) -> None:
        for name, (left, right, nearer) in self._cells.items():
            (value_a, near_a), (value_b, near_b) = _figures(a, name), _figures(b, name)
            left.setText(short(value_a) if value_a is not None else "–")
            right.setText(short(value_b) if value_b is not None else "–")
            change = near_b - near_a if near_a is not None and near_b is not None else None
            nearer.setText(signed(change))
            flat = change is None or abs(change) < 0.005
            colour = theme().muted if flat else theme().good if change > 0 else theme().warning
            nearer.setStyleSheet(f"color: {colour}")


def _figures(row: SampleRow | None, name: str) -> tuple[float | None, float | None]:
    """A metric's value, and its nearness to human music."""
    card = row.assessment.card if row is not None and row.assessment is not None else None
    if card is None:
        return None, None
    if name == "overall":
        return card.overall, card.overall
    metric = card.metrics.get(name)
    return (None, None) if metric is None else (metric.value, metric.closeness)


def _cell(text: str = "", role: str = "", *, left: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return label


def _same_second(seconds: float) -> float:
    return seconds
