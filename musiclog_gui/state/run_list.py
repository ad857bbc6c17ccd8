"""The tree of watched folders, or of groups, and their runs, as an item model over the store."""

from __future__ import annotations

import time
from bisect import bisect
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot

from musiclog.glance import SPARK_COLUMNS, Glance, Spark, spark
from musiclog.glance import main_loss as main_loss_of
from musiclog.progress import Estimate, duration
from musiclog.run_data import RunData
from musiclog.series import Series

from .groups import RunGroup, RunGroups
from .run_marks import RunMarks
from .runs import Changes, RunEntry, RunStore
from .wording import number, one_line, span, tool_tip

AnyIndex = QModelIndex | QPersistentModelIndex
Shown = Literal["all", "some", "none"]
ROW_ROLE = Qt.ItemDataRole.UserRole + 1  # a RunRow, a FolderRow or a GroupRow

# A sign for every state, so that none is told by colour alone.
SIGNS = {"live": "●", "finished": "✓", "stalled": "◐", "crashed": "✕", "unknown": "○"}
STATE_ROLES = {"live": "good", "finished": "muted", "stalled": "warning", "crashed": "critical", "unknown": "muted"}
# Rows in these states read differently every second; of the others only the age does, and in minutes: with 1,000
# finished runs a second's work is that of the live ones.
MOVING = frozenset({"live", "stalled"})
QUIET_TICKS = 30
# Rows are written anew for so long on a processor in one turn of the event loop: twenty live ones take 15 ms with their
# curves, and painting them takes as long again.
TURN_S = 0.004
REST_MS = 8  # Qt paints 5 ms after a change; the next rows come later than that
# More rows that come or go together are one new tree: a view lays it out once, and not once a row.
MANY = 40


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A watched folder as the list shows it."""

    folder: str
    name: str
    runs: int  # that answer the query
    trouble: str
    total: int | None = None  # with those that do not; None where that is all

    @property
    def count(self) -> str:
        of_all = "" if self.total is None else f" of {self.total:,}"
        return f"{self.runs:,}{of_all} {'run' if (self.total or self.runs) == 1 else 'runs'}"

    @property
    def spoken(self) -> str:
        """The row in one sentence, for a screen reader."""
        return f"Folder {self.name}: {self.count}{', ' + self.trouble if self.trouble else ''}"

    @property
    def tip(self) -> str:
        hidden = "" if self.total is None else "The others do not match the filter, or are archived (is:archived)."
        return "\n".join(part for part in (self.folder, self.trouble, hidden) if part)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Runs with the same values of what they are grouped by."""

    name: str
    label: str
    colour: str
    runs: int
    shown: Shown

    @property
    def count(self) -> str:
        return f"{self.runs:,} {'run' if self.runs == 1 else 'runs'}"

    @property
    def spoken(self) -> str:
        return f"Group {self.name}: {self.count}, {self.shown} drawn in the charts"

    @property
    def tip(self) -> str:
        return self.spoken


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many incidents a run has: those that ask for attention, and all that there ever were."""

    open: Callable[[str], int] = lambda _run: 0
    ever: Callable[[str], int] = lambda _run: 0


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the list shows it, at one moment."""

    id: str
    name: str
    colour: str
    shown: bool
    word: str
    reason: str
    fraction: float | None  # of the planned training, None where nothing is planned
    line: str  # what stands under the name
    alerts: int  # open incidents
    past_alerts: int  # incidents that are over, or that the user has seen
    spark: Spark  # the main loss, both axes from 0 to 1
    starred: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.word]

    @property
    def alert_words(self) -> tuple[str, str]:
        """In full and in short: with a full sign while incidents are open, with an open one when all are over."""
        if self.alerts:
            return f"▲ {self.alerts} open", f"▲ {self.alerts}"
        return (f"△ {_alerts(self.past_alerts)}", f"△ {self.past_alerts}") if self.past_alerts else ("", "")

    @property
    def spoken(self) -> str:
        """The row in one sentence, for a screen reader and as a tool tip."""
        marks = [word for word, holds in (("starred", self.starred), ("archived", self.archived)) if holds]
        parts = [f"{self.name}: {self.word}", self.reason, self.line, *marks]
        if self.alerts:
            parts.append(f"{self.alerts} open {'alert' if self.alerts == 1 else 'alerts'}")
        if self.past_alerts:
            parts.append(f"{_alerts(self.past_alerts)} that {'is' if self.past_alerts == 1 else 'are'} over")
        if self.tags:
            parts.append(f"tagged {', '.join(map(one_line, self.tags))}")
        parts.append("drawn in the charts" if self.shown else "not drawn in the charts")
        return ", ".join(part for part in parts if part)

    @property
    def tip(self) -> str:
        return "\n".join(part for part in (self.spoken, self.note, self.id) if part)


AnyRow = FolderRow | GroupRow | RunRow


@dataclass(slots=True)
class _Branch:
    """A row at the top: a folder, or a group. Its number never changes and is the internal id of the rows under it."""

    number: int
    folder: str
    group: RunGroup | None = None
    runs: list[str] = field(default_factory=list)


class RunListModel(QAbstractItemModel):
    """The runs that answer the query, in the order they were found, under their folders or their groups.

    Folders stand in the order they were opened. With groups only folders in trouble are told.
    """

    def __init__(
        self, store: RunStore, groups: RunGroups, marks: RunMarks, alerts: AlertCounts | None = None,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store, self.groups, self._marks = store, groups, marks
        self._question = groups.question
        self._alerts = alerts or AlertCounts()
        self._folders: list[str] = []
        self._shown: dict[str, str] = {}  # what a folder is called, where that is not its path
        self._branches: list[_Branch] = []
        self._by_number: dict[int, _Branch] = {}
        self._place: dict[str, _Branch] = {}  # of every listed run
        self._next = 1
        self._order: dict[str, int] = {}  # of every run ever met
        self._folder_of: dict[str, str] = {}  # of every run in the store
        self._totals: Counter[str] = Counter()  # runs of a folder, listed or not
        self._rows: dict[str, RunRow] = {}
        self._trouble: dict[str, str] = {}
        self._stale: set[str] = set()
        self._sparks: dict[str, tuple[object, Spark]] = {}  # and from how many points
        self._ticks = 0
        self._due: deque[str] = deque()  # rows to be written anew
        self._turn = QTimer(self, singleShot=True, interval=REST_MS)
        self._turn.timeout.connect(self._refresh_due)
        store.added.connect(self._count_in)
        store.removed.connect(self._count_out)
        store.shown_changed.connect(self.refresh_run)
        store.reading_changed.connect(self.refresh_run)
        marks.changed.connect(self.refresh_run)
        self._question.answered.connect(self._answered)
        groups.changed.connect(self._rebuild)

    # -- orders ---------------------------------------------------------------------------------

    @Slot(str)
    def add_folder(self, folder: str, shown: str = "") -> None:
        """shown: what it is called, where that is not its path: a copy of what lies elsewhere."""
        if shown:
            self._shown[folder] = shown
        if folder in self._folders:
            return
        self._folders.append(folder)
        if not self.groups.keys:
            place = len(self._branches)
            self.beginInsertRows(QModelIndex(), place, place)
            self._grow(folder)
            self.endInsertRows()

    @Slot(str)
    def remove_folder(self, folder: str) -> None:
        """Take a folder out of the list; its runs are the store's to remove."""
        if folder not in self._folders:
            return
        self._folders.remove(folder)
        self._trouble.pop(folder, None)
        branch = self._branch_of(folder)
        if branch is None:
            return
        place = self._branches.index(branch)
        self.beginRemoveRows(QModelIndex(), place, place)
        del self._branches[place], self._by_number[branch.number]
        for run_id in branch.runs:
            self._forget(run_id)
        self.endRemoveRows()

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        """Note what changed; rows are written anew by tick(), since nobody reads a list thirty times a second."""
        for run_id, what in changes.items():
            if what & {"info", "alerts"}:
                self._due.append(run_id)
            else:
                self._stale.add(run_id)
        if not self._turn.isActive():
            self._refresh_due()

    @Slot()
    def tick(self) -> None:
        """Time has passed: what depends on it (state, age, ETA) may read differently now."""
        self._ticks += 1
        moving = MOVING if self._ticks % QUIET_TICKS else SIGNS.keys()
        stale, self._stale = self._stale.union(self._due), set()
        self._due = deque(run_id for run_id, row in self._rows.items() if run_id in stale or row.word in moving)
        self._refresh_due()

    @Slot()
    def _refresh_due(self) -> None:
        end = time.thread_time() + TURN_S
        while self._due:
            self.refresh_run(self._due.popleft())
            if time.thread_time() > end:
                self._turn.start()
                return

    @Slot()
    def recount_alerts(self) -> None:
        """Somebody counted anew: write the rows whose number is another now."""
        for run_id, row in list(self._rows.items()):
            if self._counts(run_id) != (row.alerts, row.past_alerts):
                self.refresh_run(run_id)

    @Slot(str, str)
    def set_trouble(self, folder: str, text: str) -> None:
        if folder not in self._folders or self._trouble.get(folder, "") == text:
            return
        self._trouble[folder] = text
        if self.groups.keys:
            self._rebuild()
        else:
            self._tell_folder(folder)

    @Slot(str)
    def refresh_run(self, run_id: str) -> None:
        """Bring one row up to date; told only when it reads differently."""
        entry = self._store.entry(run_id)
        if entry is None or run_id not in self._rows:
            return
        fresh, old = self._describe(entry), self._rows[run_id]
        if fresh == old:
            return
        self._rows[run_id] = fresh
        self._tell(self.index_of(run_id))
        if fresh.shown != old.shown and self._place[run_id].group is not None:
            self._tell(self._index_at(self._place[run_id]))

    # -- what others ask ------------------------------------------------------------------------

    def folders(self) -> list[str]:
        return list(self._folders)

    def index_of(self, run_id: str) -> QModelIndex:
        branch = self._place.get(run_id)
        if branch is None:
            return QModelIndex()
        return self.createIndex(branch.runs.index(run_id), 0, branch.number)

    def members(self, index: AnyIndex) -> list[str]:
        """The ids of a row: of a run its own, of a folder or group those of the runs under it."""
        if not index.isValid():
            return []
        if index.internalId():
            return [self._by_number[index.internalId()].runs[index.row()]]
        return list(self._branches[index.row()].runs)

    # -- Qt -------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: AnyIndex = QModelIndex()) -> QModelIndex:  # noqa: B008
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._branches[parent.row()].number if parent.isValid() else 0)

    def parent(self, index: AnyIndex) -> QModelIndex:  # type: ignore[override]
        branch = self._by_number.get(index.internalId()) if index.isValid() else None
        return QModelIndex() if branch is None else self._index_at(branch)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(self._branches)
        return len(self._branches[parent.row()].runs) if parent.internalId() == 0 else 0

    def columnCount(self, _parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 1

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags
        if index.internalId():
            return flags | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        grouped = self._branches[index.row()].group is not None
        return flags | Qt.ItemFlag.ItemIsUserCheckable if grouped else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._row(index)
        plain = {ROW_ROLE: row, Qt.ItemDataRole.DisplayRole: row.name, Qt.ItemDataRole.AccessibleTextRole: row.spoken}
        if role in plain:
            return plain[role]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(row.tip)
        if role == Qt.ItemDataRole.CheckStateRole:
            return _check_state(row)
        if role == Qt.ItemDataRole.EditRole and isinstance(row, RunRow):
            return ", ".join(self._marks.of(row.id).tags)
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """The check box draws the run, or all of a group; what is edited in place are the tags, parted by commas."""
        row = self._row(index)
        if role == Qt.ItemDataRole.CheckStateRole and not isinstance(row, FolderRow):
            for run_id in self.members(index):
                self._store.set_shown(run_id, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and isinstance(row, RunRow):
            self._marks.set_tags(row.id, str(value).split(","))
            return True
        return False

    # -- the tree -------------------------------------------------------------------------------

    @Slot(object)
    def _answered(self, run_ids: frozenset[str]) -> None:
        for run_id in run_ids:
            self._count_in(run_id)
        if self.groups.keys or self._question.query.group_keys:
            return  # the groups tell it
        if len(run_ids) > MANY:
            self._rebuild()
            return
        for run_id in sorted(run_ids, key=lambda each: self._order.get(each, 0)):
            if self._question.matches(run_id):
                self._join(run_id)
            else:
                self._leave(run_id)

    @Slot()
    def _rebuild(self) -> None:
        """A new tree. Views put back what is selected, folded and in sight."""
        self.beginResetModel()
        self._branches.clear()
        self._by_number.clear()
        self._place.clear()
        known, self._rows = self._rows, {}
        grouped = bool(self.groups.keys)
        for folder in self._folders:
            if not grouped or self._trouble.get(folder):
                self._grow(folder)
        for group in self.groups.current():
            branch = self._grow("", group)
            for run_id in group.runs:
                self._seat(branch, len(branch.runs), run_id, known)
        for run_id in () if grouped else self._question.matching():
            branch = self._branch_for(run_id)
            self._seat(branch, self._seat_in(branch, run_id), run_id, known)
        self.endResetModel()

    def _join(self, run_id: str) -> None:
        entry = self._store.entry(run_id)
        if entry is None or run_id in self._place:
            return
        self.add_folder(entry.folder)
        branch = self._branch_for(run_id)
        at = self._seat_in(branch, run_id)
        parent = self._index_at(branch)
        self.beginInsertRows(parent, at, at)
        self._seat(branch, at, run_id, {})
        self.endInsertRows()
        self._tell(parent)

    def _leave(self, run_id: str) -> None:
        index = self.index_of(run_id)
        if not index.isValid():
            return
        parent = index.parent()
        self.beginRemoveRows(parent, index.row(), index.row())
        self._place[run_id].runs.remove(run_id)
        self._forget(run_id)
        self.endRemoveRows()
        self._tell(parent)

    def _grow(self, folder: str, group: RunGroup | None = None) -> _Branch:
        branch = _Branch(self._next, folder, group)
        self._next += 1
        self._branches.append(branch)
        self._by_number[branch.number] = branch
        return branch

    def _seat(self, branch: _Branch, at: int, run_id: str, known: dict[str, RunRow]) -> None:
        entry = self._store.entry(run_id)
        if entry is None:
            return
        branch.runs.insert(at, run_id)
        self._place[run_id] = branch
        self._rows[run_id] = known.get(run_id) or self._describe(entry)

    def _seat_in(self, branch: _Branch, run_id: str) -> int:
        return bisect(branch.runs, self._order[run_id], key=self._order.__getitem__)

    def _forget(self, run_id: str) -> None:
        for known in (self._place, self._rows, self._sparks):
            known.pop(run_id, None)

    def _branch_of(self, folder: str) -> _Branch | None:
        return next((branch for branch in self._branches if branch.group is None and branch.folder == folder), None)

    def _branch_for(self, run_id: str) -> _Branch:
        entry = self._store.entry(run_id)
        assert entry is not None
        branch = self._branch_of(entry.folder)
        assert branch is not None
        return branch

    def _index_at(self, branch: _Branch) -> QModelIndex:
        return self.createIndex(self._branches.index(branch), 0, 0)

    @Slot(str)
    def _count_in(self, run_id: str) -> None:
        entry = self._store.entry(run_id)
        if entry is None or run_id in self._folder_of:
            return
        self._order.setdefault(run_id, len(self._order))
        self._folder_of[run_id] = entry.folder
        self._totals[entry.folder] += 1
        self.add_folder(entry.folder)
        self._tell_folder(entry.folder)

    @Slot(str)
    def _count_out(self, run_id: str) -> None:
        folder = self._folder_of.pop(run_id, None)
        if folder is not None:
            self._totals[folder] -= 1
            self._tell_folder(folder)

    def _tell_folder(self, folder: str) -> None:
        branch = self._branch_of(folder)
        if branch is not None:
            self._tell(self._index_at(branch))

    # -- private --------------------------------------------------------------------------------

    def _row(self, index: AnyIndex) -> AnyRow:
        if index.internalId():
            return self._rows[self._by_number[index.internalId()].runs[index.row()]]
        branch = self._branches[index.row()]
        return self._folder_row(branch) if branch.group is None else self._group_row(branch, branch.group)

    def _folder_row(self, branch: _Branch) -> FolderRow:
        name = one_line(self._shown.get(branch.folder) or Path(branch.folder).name or branch.folder)
        count, total = len(branch.runs), self._totals[branch.folder]
        trouble = self._trouble.get(branch.folder, "")
        return FolderRow(branch.folder, name, count, trouble, None if count == total else total)

    def _group_row(self, branch: _Branch, group: RunGroup) -> GroupRow:
        shown = [self._rows[run_id].shown for run_id in branch.runs]
        word: Shown = "all" if all(shown) else "some" if any(shown) else "none"
        return GroupRow(one_line(group.label), group.label, group.colour, len(branch.runs), word)

    def _counts(self, run_id: str) -> tuple[int, int]:
        calling = self._alerts.open(run_id)
        return calling, max(self._alerts.ever(run_id) - calling, 0)

    def _tell(self, index: QModelIndex) -> None:
        self.dataChanged.emit(index, index)

    def _describe(self, entry: RunEntry) -> RunRow:
        now = time.time()
        data, marks = entry.data, self._marks.of(entry.id)
        state = data.state(now)
        estimate = data.progress(now)
        return RunRow(
            entry.id, one_line(entry.name), entry.colour, entry.shown, state.word, state.reason,
            fraction=None if estimate is None else estimate.fraction,
            line=self._line(entry, state.word, estimate, now),
            alerts=self._counts(entry.id)[0], past_alerts=self._counts(entry.id)[1],
            spark=self._spark(entry),
            starred=marks.starred, archived=marks.archived, tags=self._marks.tags_of(entry.id), note=marks.note,
        )  # fmt: skip

    @staticmethod
    def _line(entry: RunEntry, word: str, estimate: Estimate | None, now: float) -> str:
        if entry.remembered is not None:
            return remembered_line(entry.remembered, now)
        return progress_line(entry.data, word, estimate, now) if entry.read >= 1 else reading_line(entry)

    def _spark(self, entry: RunEntry) -> Spark:
        if entry.remembered is not None:
            return entry.remembered.spark
        name = main_loss(entry.data)
        series = None if name is None else entry.data.series[name]
        made_from = (id(series), 0 if series is None else len(series))
        if self._sparks.get(entry.id, (None,))[0] != made_from:
            self._sparks[entry.id] = (made_from, () if series is None else sparkline(series))
        return self._sparks[entry.id][1]


def _check_state(row: AnyRow) -> Qt.CheckState | None:
    if isinstance(row, RunRow):
        return Qt.CheckState.Checked if row.shown else Qt.CheckState.Unchecked
    states = {
        "all": Qt.CheckState.Checked,
        "some": Qt.CheckState.PartiallyChecked,
        "none": Qt.CheckState.Unchecked,
    }
    return states[row.shown] if isinstance(row, GroupRow) else None


def _alerts(count: int) -> str:
    return f"{count} {'alert' if count == 1 else 'alerts'}"


def progress_line(data: RunData, word: str, estimate: Estimate | None, now: float) -> str:
    """How far a run is, in the words that matter in its state."""
    if word == "live" and estimate is not None and (words := eta_words(estimate)):
        return words
    parts = []
    if estimate is not None and estimate.fraction is not None and word != "finished":
        parts.append(f"{estimate.fraction:.0%}")
    step = newest_step(data)
    if step is not None:
        parts.append(f"step {number(step)}")
    elif data.last_epoch is not None:
        parts.append(f"epoch {number(data.last_epoch)}")
    if data.newest_time is not None:
        parts.append(f"{span(now - data.newest_time)} ago")
    elif data.changed is not None:  # a format without times: its files have a date
        parts.append(f"files {span(now - data.changed)} old")
    return " · ".join(parts) or "nothing logged yet"


def remembered_line(glance: Glance, now: float) -> str:
    """What was known of a run at an earlier time, until it has been looked at."""
    step = () if glance.step is None else (f"step {number(glance.step)}",)
    newest = () if glance.newest is None else (f"{span(now - glance.newest)} ago",)
    return "remembered: " + (" · ".join((*step, *newest)) or "nothing logged yet")


def reading_line(entry: RunEntry) -> str:
    """How far reading a run is."""
    return f"{entry.read:.0%} read, stopped" if entry.stopped else f"reading {entry.read:.0%}"


def eta_words(estimate: Estimate) -> str:
    """62 % · 1 h 12 min left (58 min to 1 h 30 min); without a promise while there are too few steps for one."""
    done = "" if estimate.fraction is None else f"{estimate.fraction:.0%}"
    if estimate.eta_s is None:
        return done
    low, high = duration(estimate.low_s or 0.0), duration(estimate.high_s or 0.0)
    left = f"{duration(estimate.eta_s)} left" + ("" if low == high else f" ({low} to {high})")
    return f"{done} · {left}" if done else left


def newest_step(data: RunData) -> float | None:
    """The step of the newest loss: other metrics may count epochs."""
    name = main_loss(data)
    last = None if name is None else data.series[name].last
    return data.last_step if last is None else last[0]


def main_loss(data: RunData) -> str | None:
    """The metric that tells best how training goes, by its role; None where there is no loss."""
    return main_loss_of(tuple(data.series))


def sparkline(series: Series) -> Spark:
    """A curve with both axes from 0 to 1, a few points wide; empty while there is no line to draw."""
    extent = series.extent("step")
    if extent is None or extent[1] <= extent[0]:
        return ()
    return spark(*series.thin("step", *extent, SPARK_COLUMNS))
