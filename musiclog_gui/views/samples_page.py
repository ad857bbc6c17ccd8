"""All samples of the runs: a table to choose from, the notes of the chosen one, and why its score is what it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from musiclog.arrangement import Arrangement

from ..icons import dress
from ..state.assessment import Assessment
from ..state.corpus import Course
from ..state.rows import ROW_ROLE
from ..state.runs import Changes, RunEntry, RunStore
from ..state.sample_lines import WAYS
from ..state.sample_query import EXAMPLE, understood
from ..state.samples import RUN, Key, SampleRow, SampleTableModel, clock
from ..state.selection import Selection
from ..state.wording import one_line, tool_tip
from ..work.player import Phase, Player, Status
from ..work.rendering import pedal_of
from ..work.score_desk import ScoreDesk
from ..work.synth_desk import SynthDesk
from .corpus_bar import CorpusBar
from .duel import Duel
from .empty_state import EmptyState
from .flow_layout import FlowLayout
from .piano_roll import PianoRoll
from .roll_overview import RollOverview
from .sample_table import SampleTable
from .score_panel import ScorePanel
from .track_legend import TrackLegend

if TYPE_CHECKING:
    import numpy as np

    from musiclog.notes import Notes

ONE_RUN = 1  # its place in the list of scopes; all shown runs come first
LONGEST_TITLE, SHORT_TITLE = 300, 150  # pixels; short beside another roll
COURSE_MS = 250  # who walks through samples, or sees many being scored, is told how a run went when that rests


class SamplesPage(QWidget):
    """Choosing a sample shows it and has it rendered, so that playing it begins at once."""

    blind_test_wanted = Signal()
    export_wanted = Signal(object)  # Key

    def __init__(  # noqa: PLR0917  the collaborators that app.py hands to every page, and this page's three
        self,
        store: RunStore,
        selection: Selection,
        score_desk: ScoreDesk,
        synth_desk: SynthDesk,
        player: Player,
        parent: QWidget | None = None,
        *,
        model: SampleTableModel | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._selection = store, selection
        self._scores, self._sounds, self._player = score_desk, synth_desk, player
        self.model = model if model is not None else SampleTableModel(self)
        self.table = SampleTable(self.model)
        self.roll, self.legend, self.panel = PianoRoll(), TrackLegend(), ScorePanel()
        self.scope, self.search, self.count = QComboBox(), QLineEdit(), QLabel()
        self.groups = QComboBox()
        self.corpus = CorpusBar(score_desk.corpora)
        self.title = QLabel()
        self.overview, self.duel = RollOverview(), Duel(self.model, score_desk, player)
        self.empty = EmptyState()
        self._offered: Key | None = None  # chosen here, and not seen by anybody
        self.pages = QStackedWidget()
        self._course_wanted = QTimer(self, singleShot=True, interval=COURSE_MS)
        self._lay_out()
        self.setFocusProxy(self.table)
        self._connect()
        for entry in store.entries():
            self._take(entry.id)
        self._filter()
        self._show_current(None)

    # -- orders -----------------------------------------------------------------------------------

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        for run_id, what in changes.items():
            if what & {"samples", "info"}:
                self._take(run_id)
        if any(what & {"samples", "info"} for what in changes.values()):
            self._filter()

    @Slot()
    def play_next(self) -> None:
        self._play_neighbour(1)

    @Slot()
    def play_previous(self) -> None:
        self._play_neighbour(-1)

    @Slot()
    def set_as_b(self) -> None:
        """Compare the sample that is chosen with those that will be chosen."""
        self.duel.set_b(self._selection.sample)

    def put_strip(self, strip: QWidget) -> None:
        """Between the table and the notes."""
        self.whole.insertWidget(1, strip)
        self.whole.setSizes([340, strip.sizeHint().height(), 420])

    # -- inside -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._store.added.connect(self._take)
        self._store.arrived.connect(self._filter)
        self._store.removed.connect(self._remove)
        self._store.shown_changed.connect(self._filter)
        self._selection.run_changed.connect(self._filter)
        self._selection.sample_changed.connect(self._make_ready)  # first: it is rendered while the rest is painted
        self._selection.sample_changed.connect(self._show_current)
        self._selection.play_requested.connect(self._show_played)
        self._scores.assessed.connect(self._assessed)
        self._scores.described.connect(self._show_course)
        self._scores.corpora.changed.connect(self._score_anew)
        self._course_wanted.timeout.connect(self._ask_course)
        self._scores.notes_arrived.connect(self._notes_arrived)
        self._player.moved.connect(self._moved)
        self._player.changed.connect(self._player_changed)
        self._player.finished.connect(self._finished)
        self.table.chosen.connect(self._chosen)
        self.table.play_requested.connect(self._play_or_pause)
        self.roll.sought.connect(self._seek)
        self.roll.viewed.connect(self.overview.show_view)
        self.roll.region_chosen.connect(self._repeat)
        self.overview.sought.connect(self.roll.centre)
        self.legend.arranged.connect(self._arrange)
        self.duel.a_moved.connect(self._show_place)
        self.duel.rival_changed.connect(self._make_room)
        self.duel.link(self.roll)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._offer)
        self.panel.finding_chosen.connect(self.roll.mark)
        self.panel.finding_wanted.connect(self._hear)
        self.panel.epoch_chosen.connect(self._choose_epoch)
        self.panel.course.epoch_pointed.connect(self._point_epoch)
        self.scope.currentIndexChanged.connect(self._filter)
        self.search.textChanged.connect(self._filter)
        self.groups.currentIndexChanged.connect(self._group)
        self.table.lines.modelReset.connect(self._tell_lines)

    @Slot(str)
    def _take(self, run_id: str) -> None:
        entry = self._store.entry(run_id)
        if entry is None:
            return
        known = {path: self._scores.assessment(path) for path in entry.data.samples}
        new = self.model.take_run(entry, known)
        self._have_scored(entry)
        if new and entry.shown:
            self._sounds.foresee(new[-1])  # the newest is what one listens to next

    def _have_scored(self, entry: RunEntry) -> None:
        if not entry.data.samples:
            return
        corpus = self._scores.corpora.of(entry.data.info.reference)
        for path in entry.data.samples:
            self._scores.request_by(path, corpus)

    @Slot()
    def _score_anew(self) -> None:
        """Another corpus is the measure now."""
        for entry in self._store.entries():
            self._have_scored(entry)

    @Slot()
    def _ask_course(self) -> None:
        """How the run of the chosen sample went, and its epoch as a set."""
        row = self.model.sample(self._selection.sample)
        entry = None if row is None else self._store.entry(row.run_id)
        if row is None or entry is None or row.overall is None or row.file.epoch is None or not self.isVisible():
            return
        corpora = self._scores.corpora
        corpus = corpora.of(entry.data.info.reference)
        if corpus is not None and corpus.version != row.measure:
            return  # its score by this corpus is under way
        self._scores.describe(row.run_id, row.file.epoch, self.model.scored(row.run_id, row.measure), corpus)

    @Slot(object)
    def _show_course(self, course: Course) -> None:
        row = self.model.sample(self._selection.sample)
        if row is not None and row.run_id == course.run_id:
            self.panel.show_course(course)

    @Slot(float)
    def _choose_epoch(self, epoch: float) -> None:
        """The first sample of that epoch of the same run and, where it has one, of the same prompt."""
        rows = self._of_epoch(epoch)
        if rows:
            self._selection.set_sample(rows[0].key)

    @Slot(object)
    def _point_epoch(self, epoch: float | None) -> None:
        """As the cursor of a chart does it, at the step of that epoch's samples."""
        steps = [] if epoch is None else [row.file.step for row in self._of_epoch(epoch)]
        self._selection.step_pointed.emit(steps[0] if steps else None)

    def _of_epoch(self, epoch: float) -> list[SampleRow]:
        """Samples of the chosen one's run, those of its prompt where there are some."""
        now = self.model.sample(self._selection.sample)
        if now is None:
            return []
        rows = self.model.of_epoch(now.run_id, epoch)
        return [row for row in rows if row.file.prompt == now.file.prompt] or rows

    @Slot(str)
    def _remove(self, run_id: str) -> None:
        self.model.drop_run(run_id)
        self._filter()

    @Slot()
    def _filter(self, _what: object = None) -> None:
        entries = self._store.entries()
        hidden = frozenset(entry.id for entry in entries if not entry.shown)
        only = self._selection.run if self.scope.currentIndex() == ONE_RUN else None
        self.table.ask(hidden if only is None else frozenset(), only, self.search.text())
        query = understood(self.search.text().strip())
        said = f"{query}; the text is looked for as it stands" if isinstance(query, str) else EXAMPLE
        self.search.setToolTip(tool_tip(said))
        self.table.setColumnHidden(RUN, only is not None or len(entries) - len(hidden) == 1)
        self.table.fill_width()
        whole = self.model.rowCount()
        self.corpus.show_own(frozenset(filter(None, (each.data.info.reference for each in entries))))
        self.pages.setCurrentIndex(0 if whole else 1)
        self.controls.setVisible(whole > 0)
        self.empty.say(
            "No samples yet",
            "run.log_sample(path, step=step) puts a MIDI file here, scored and ready to play." if entries
            else "Open a folder with runs: their MIDI files come here, scored and ready to play.",
        )  # fmt: skip
        self._tell_lines()

    @Slot()
    def _tell_lines(self) -> None:
        """How many there are in the table, which comes to order by itself when samples arrive in groups."""
        seen, whole = self.table.lines.samples(), self.model.rowCount()
        self.count.setText(f"{seen:,} of {whole:,}" if seen != whole else f"{whole:,} samples")
        self._choose_first()

    @Slot()
    def _group(self) -> None:
        self.table.group_by(self.groups.currentData())

    def _choose_first(self) -> None:
        """Where no sample is chosen, the first of the table is: there is always something to play, on every page.

        While nobody has seen or played it, the choice goes along with the newest.
        """
        key, chosen = self.table.lines.neighbour(None, 1), self._selection.sample
        if key is not None and key != chosen and (self.model.sample(chosen) is None or chosen == self._offered):
            self._offered = None if self.isVisible() else key
            self._selection.set_sample(key)

    @Slot(object)
    def _assessed(self, assessment: Assessment) -> None:
        self.model.assess(assessment)
        current = self._selection.sample
        if current is not None and not self._course_wanted.isActive():
            self._course_wanted.start()
        if current is not None and current[1] == assessment.path:
            self._show_score(current)
        if self.duel.b is not None and assessment.path in {self.duel.b[1], (current or ("", ""))[1]}:
            self.duel.refresh()

    @Slot(object)
    def _chosen(self, key: Key | None) -> None:
        if key is not None:
            self._selection.set_sample(key)

    @Slot(object)
    def _show_current(self, key: Key | None) -> None:
        self.table.choose(key)
        row = self.model.sample(key)
        self._show_title(row.file.name if row else "")
        self.title.setToolTip(tool_tip(row.file.path) if row else "")
        self._show_score(key)
        self.duel.set_a(key)
        self.overview.show_notes(None)
        if row is None or key is None:
            self.roll.say("No sample chosen", "Choose one in the table; Enter plays it.")
            self.legend.show_tracks(())
            return
        if row.reason is None:
            self._sounds.request(key[1])
        notes = self._scores.notes(key[1])
        if notes is not None:
            self._show_notes(key, notes)
        elif row.reason is None:
            self.roll.say("Reading…")
            self.legend.show_tracks(())

    @Slot(str, object)
    def _notes_arrived(self, path: str, notes: Notes | str) -> None:
        key = self._selection.sample
        if key is None or key[1] != path:
            return
        if isinstance(notes, str):
            self.roll.say("This file gives no notes", notes)
            self.legend.show_tracks(())
        else:
            self._show_notes(key, notes)

    def _show_notes(self, key: Key, notes: Notes) -> None:
        row = self.model.sample(key)
        if row is None:
            return
        if not len(notes):
            self.roll.say("This file holds no notes", "There is nothing to hear in it.")
        else:
            card = row.assessment.card if row.assessment else None
            self.roll.show_notes(notes, card.findings if card else (), row.file.name)
            self.overview.show_notes(notes)
            self.duel.set_a(key, notes)
            self._sounds.submit(pedal_of, key[1], done=partial(self._show_pedal, key), failed=_unread)
            self._moved(self._player.position_s)
            self._player_changed(self._player.status)
        self.legend.show_tracks(notes.tracks)
        self.roll.show_silent(self.legend.silent())
        self._show_title(row.file.name, figures_of(notes))

    def _show_title(self, name: str, figures: str = "") -> None:
        width = LONGEST_TITLE if self.duel.b is None else SHORT_TITLE
        name = self.title.fontMetrics().elidedText(one_line(name), Qt.TextElideMode.ElideMiddle, width)
        self.title.setText(name + figures)

    def _show_score(self, key: Key | None) -> None:
        row = self.model.sample(key)
        if row is None:
            self.panel.show_sample(None, None)
        else:
            self.panel.show_sample(row, self.model.trend(row), self.model.closeness_before(row))
            self._course_wanted.start()
        if row is not None and row.assessment is not None and row.assessment.card is not None:
            self.roll.show_findings(row.assessment.card.findings)

    @Slot(object)
    def _play_or_pause(self, key: Key) -> None:
        if self._player.status.sample == key:
            self._player.toggle()
        else:
            self._player.play_sample(*key)
        self._selection.set_sample(key)

    @Slot(object)
    def _make_ready(self, key: Key | None) -> None:
        """The chosen sample is what the player plays next; what plays now is not interrupted."""
        status = self._player.status
        if key is not None and key != status.sample and status.phase not in {Phase.PLAYING, Phase.LOADING}:
            self._player.load(*key)

    @Slot(object)
    def _finished(self, _key: Key) -> None:
        """Another may have been chosen meanwhile."""
        self._make_ready(self._selection.sample)

    @Slot(str, str)
    def _show_played(self, run_id: str, path: str) -> None:
        """It was clicked somewhere else in the window."""
        self._selection.set_sample((run_id, path))

    def _play_neighbour(self, distance: int) -> None:
        key = self.table.lines.neighbour(self._player.status.sample or self._selection.sample, distance)
        if key is not None:
            self._player.play_sample(*key)
            self._selection.set_sample(key)

    @Slot(float)
    def _seek(self, seconds: float) -> None:
        """A click into the notes chooses what it was made in."""
        if self.duel.plays_b():
            self._player.seek(max(self.duel.in_b(seconds), 0.0))
        elif self._take_hold():
            self._player.seek(seconds)

    @Slot(float)
    def _moved(self, seconds: float) -> None:
        if self._player.status.sample == self._selection.sample:
            self._show_place(seconds)

    @Slot(float)
    def _show_place(self, seconds: float) -> None:
        self.roll.show_position(seconds)
        self.overview.show_position(seconds)

    def _show_pedal(self, key: Key, spans_s: np.ndarray) -> None:
        if key == self._selection.sample and self.roll.notes is not None and len(spans_s):
            self.roll.show_pedal(spans_s)

    @Slot(object)
    def _make_room(self, b: Key | None) -> None:
        """Two rolls side by side need the place of the panel, and the differences say the same of both."""
        self.panel.setVisible(b is None)
        width = self.notes.width() - 230
        self.notes.setSizes([width, 0, 0, 300] if b is None else [width // 2, width // 2, 230, 0])
        row = self.model.sample(self._selection.sample)
        if row is not None and self.roll.notes is not None:
            self._show_title(row.file.name, figures_of(self.roll.notes))
            self.roll.fit()  # in the room that it has now; the other one follows

    def _take_hold(self) -> bool:
        """Make the sample that is shown the one that is played; whether there is one."""
        key = self._selection.sample
        if key is not None and self._player.status.sample != key:
            self._player.load(*key)
        return key is not None

    @Slot(object)
    def _repeat(self, region: tuple[float, float] | None) -> None:
        if not self.duel.plays_b():
            self._take_hold()
        elif region is not None:
            region = (self.duel.in_b(region[0]), self.duel.in_b(region[1]))
        self._player.set_region(region)

    @Slot(object)
    def _arrange(self, arrangement: Arrangement) -> None:
        """Tracks were muted or let play alone."""
        if self.duel.plays_b() or self._take_hold():
            self._player.silence(self._selection.sample, arrangement)

    @Slot(object)
    def _hear(self, finding: Any) -> None:
        """A finding was clicked: play from a little before it."""
        if self._take_hold():
            self._player.seek(max(finding.start_s - 0.25, 0.0))
            self._player.play()

    @Slot(QPoint)
    def _offer(self, point: QPoint) -> None:
        """What can be done with the sample under the hand."""
        menu, row = QMenu(self), self.table.indexAt(point).data(ROW_ROLE)
        if row is None:
            if self.table.lines.way:
                menu.addAction("Fold all groups", lambda: self.table.lines.fold_all(True))
                menu.addAction("Unfold all groups", lambda: self.table.lines.fold_all(False))
                menu.popup(self.table.viewport().mapToGlobal(point))
            return
        menu.addAction("Play", lambda: self._play_or_pause(row.key))
        menu.addAction("Set as B", lambda: self.duel.set_b(row.key))
        menu.addAction("Export sound…", lambda: self.export_wanted.emit(row.key)).setEnabled(row.reason is None)
        menu.popup(self.table.viewport().mapToGlobal(point))

    @Slot(object)
    def _player_changed(self, status: Status) -> None:
        if status.phase is Phase.PLAYING:
            self._offered = None
        self.table.show_playing(status.sample if status.phase in {Phase.PLAYING, Phase.LOADING} else None)
        mine = status.sample == self._selection.sample
        self.legend.show_arrangement(self._player.arrangement_of(self._selection.sample))
        self.roll.show_silent(self.legend.silent())
        self.roll.show_region(status.region if mine and status.loop else None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._choose_first()
        self._offered = None
        self._show_current(self._selection.sample)

    # -- appearance -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.scope.addItems(["All shown runs", "Selected run"])
        self.scope.setAccessibleName("Whose samples")
        self.search.setPlaceholderText(f"Filter: {EXAMPLE}")
        self.search.setAccessibleName("Filter samples")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(200)
        self.count.setProperty("role", "muted")
        self.controls = QWidget()
        bar = FlowLayout(self.controls)
        for way, words in WAYS.items():
            self.groups.addItem(words, way)
        self.groups.setAccessibleName("Group samples")
        for widget in (self.scope, self.groups, self.search, self.count):
            bar.addWidget(widget)
        bar.push()
        bar.addWidget(self.corpus)
        blind = QPushButton("Blind test…")
        blind.setToolTip("Compare by ear, without names (Ctrl+B)")
        blind.clicked.connect(self.blind_test_wanted)
        bar.addWidget(blind)
        notes = self.notes = QSplitter(Qt.Orientation.Horizontal)
        notes.addWidget(self._roll_side())
        notes.addWidget(self.duel)
        notes.addWidget(self.duel.differences)
        notes.addWidget(self.panel)
        notes.setStretchFactor(0, 1)
        notes.setStretchFactor(1, 1)
        notes.setSizes([900, 900, 230, 300])
        whole = self.whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(self.table)
        whole.addWidget(notes)
        whole.setSizes([340, 420])
        for splitter in (notes, whole):
            splitter.setChildrenCollapsible(False)
        self.pages.addWidget(whole)
        self.pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.controls)
        layout.addWidget(self.pages, 1)

    def _roll_side(self) -> QWidget:
        fit, follow = QToolButton(), QToolButton()
        dress(fit, "zoom-fit")
        fit.setToolTip("The whole sample in sight (0)")
        fit.setAccessibleName("Show the whole sample")
        fit.clicked.connect(self.roll.fit)
        follow.setText("Follow")
        follow.setCheckable(True)
        follow.setChecked(True)
        follow.setToolTip("Turn the page when the playhead leaves it")
        follow.toggled.connect(self._set_follow)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setContentsMargins(0, 6, 0, 0)
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addWidget(self.legend, 1)
        head.addWidget(follow)
        head.addWidget(fit)
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.overview)
        layout.addWidget(self.roll, 1)
        return side

    @Slot(bool)
    def _set_follow(self, follow: bool) -> None:
        self.roll.follow = follow


def figures_of(notes: Notes) -> str:
    return f"  ·  {clock(notes.length_s)}  ·  {len(notes):,} notes"


def _unread(_reason: str) -> None:
    """The table and the roll say already why a file cannot be read."""
