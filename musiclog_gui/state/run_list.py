"""The tree of watched folders and their runs, as an item model over the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Slot,
)

from musiclog.anomaly.roles import named_roles
from musiclog.progress import Estimate, duration
from musiclog.run_data import RunData
from musiclog.series import Series

from .run_query import Facts, Question, parse
from .runs import Changes, RunEntry, RunStore
from .wording import number, one_line, span, tool_tip

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1  # a RunRow or a FolderRow

# A sign for every state, so that none is told by colour alone.
SIGNS = {"live": "●", "finished": "✓", "stalled": "◐", "crashed": "✕", "unknown": "○"}
STATE_ROLES = {"live": "good", "finished": "muted", "stalled": "warning", "crashed": "critical", "unknown": "muted"}
SPARK_COLUMNS = 48
# Rows in these states read differently every second; of the others only the age does, and in minutes: with 1,000
# finished runs a second's work is that of the live ones.
MOVING = frozenset({"live", "stalled"})
QUIET_TICKS = 30


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A watched folder as the list shows it."""

    folder: str
    name: str
    runs: int
    trouble: str

    @property
    def spoken(self) -> str:
        """The row in one sentence, for a screen reader."""
        return f"Folder {self.name}: {self.runs} runs{', ' + self.trouble if self.trouble else ''}"

    @property
    def tip(self) -> str:
        return f"{self.folder}\n{self.trouble}".strip()


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
    alerts: int
    loading: float  # share of its files that has been read
    spark: tuple[tuple[float, float], ...]  # the main loss, both axes from 0 to 1
    facts: Facts

    @property
    def sign(self) -> str:
        return SIGNS[self.word]

    @property
    def spoken(self) -> str:
        """The row in one sentence, for a screen reader and as a tool tip."""
        parts = [f"{self.name}: {self.word}", self.reason, self.line]
        if self.alerts:
            parts.append(f"{self.alerts} open {'alert' if self.alerts == 1 else 'alerts'}")
        parts.append("drawn in the charts" if self.shown else "not drawn in the charts")
        return ", ".join(part for part in parts if part)

    @property
    def tip(self) -> str:
        return f"{self.spoken}\n{self.id}"


class RunListModel(QAbstractItemModel):
    """Folders at the top, in the order they were opened; under each its runs in the order they were found."""

    def __init__(
        self, store: RunStore, alert_count: Callable[[str], int] = lambda _run: 0, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._alert_count = alert_count
        # A folder's number never changes; an index under it carries it as its internal id, a folder's own carries 0.
        self._numbers: list[int] = []
        self._folders: dict[int, str] = {}
        self._runs: dict[int, list[str]] = {}
        self._next = 1
        self._rows: dict[str, RunRow] = {}
        self._trouble: dict[str, str] = {}
        self._loading: dict[str, float] = {}
        self._stale: set[str] = set()
        self._sparks: dict[str, tuple[object, tuple[tuple[float, float], ...]]] = {}  # and from how many points
        self._ticks = 0
        store.added.connect(self._insert)
        store.removed.connect(self._drop)
        store.shown_changed.connect(self.refresh_run)

    # -- orders ---------------------------------------------------------------------------------

    @Slot(str)
    def add_folder(self, folder: str) -> None:
        if folder in self._folders.values():
            return
        self.beginInsertRows(QModelIndex(), len(self._numbers), len(self._numbers))
        self._folders[self._next], self._runs[self._next] = folder, []
        self._numbers.append(self._next)
        self._next += 1
        self.endInsertRows()

    @Slot(str)
    def remove_folder(self, folder: str) -> None:
        """Take a folder out of the list; its runs are the store's to remove."""
        number_ = self._number_of(folder)
        if number_ is None:
            return
        place = self._numbers.index(number_)
        self.beginRemoveRows(QModelIndex(), place, place)
        self._numbers.remove(number_)
        for run_id in self._runs.pop(number_):
            self._rows.pop(run_id, None)
            self._sparks.pop(run_id, None)
        self._trouble.pop(self._folders.pop(number_), None)
        self.endRemoveRows()

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        """Note what changed; rows are written anew by tick(), since nobody reads a list thirty times a second."""
        for run_id, what in changes.items():
            if what & {"info", "alerts"}:
                self.refresh_run(run_id)
            else:
                self._stale.add(run_id)

    @Slot()
    def tick(self) -> None:
        """Time has passed: what depends on it (state, age, ETA) may read differently now."""
        self._ticks += 1
        moving = MOVING if self._ticks % QUIET_TICKS else SIGNS.keys()
        stale, self._stale = self._stale, set()
        for run_id, row in list(self._rows.items()):
            if run_id in stale or row.word in moving:
                self.refresh_run(run_id)

    @Slot()
    def recount_alerts(self) -> None:
        """Somebody counted anew: write the rows whose number is another now."""
        for run_id, row in list(self._rows.items()):
            if self._alert_count(run_id) != row.alerts:
                self.refresh_run(run_id)

    @Slot(str, float)
    def set_loading(self, run_id: str, fraction: float) -> None:
        if self._loading.get(run_id, 1.0) != fraction:
            self._loading[run_id] = fraction
            self.refresh_run(run_id)

    @Slot(str, str)
    def set_trouble(self, folder: str, text: str) -> None:
        number_ = self._number_of(folder)
        if number_ is not None and self._trouble.get(folder, "") != text:
            self._trouble[folder] = text
            self._tell(self.index(self._numbers.index(number_), 0))

    @Slot(str)
    def refresh_run(self, run_id: str) -> None:
        """Bring one row up to date; told only when it reads differently."""
        entry = self._store.entry(run_id)
        if entry is None or run_id not in self._rows:
            return
        fresh = self._describe(entry)
        if fresh != self._rows[run_id]:
            self._rows[run_id] = fresh
            self._tell(self.index_of(run_id))

    # -- what others ask ------------------------------------------------------------------------

    def folders(self) -> list[str]:
        return [self._folders[number_] for number_ in self._numbers]

    def index_of(self, run_id: str) -> QModelIndex:
        for place, number_ in enumerate(self._numbers):
            if run_id in self._runs[number_]:
                return self.index(self._runs[number_].index(run_id), 0, self.index(place, 0))
        return QModelIndex()

    # -- Qt -------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: AnyIndex = QModelIndex()) -> QModelIndex:  # noqa: B008
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._numbers[parent.row()] if parent.isValid() else 0)

    def parent(self, index: AnyIndex) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or index.internalId() == 0 or index.internalId() not in self._numbers:
            return QModelIndex()
        return self.createIndex(self._numbers.index(index.internalId()), 0, 0)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(self._numbers)
        return len(self._runs[self._numbers[parent.row()]]) if parent.internalId() == 0 else 0

    def columnCount(self, _parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 1

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.isValid() and index.internalId() else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._row(index)
        plain = {ROW_ROLE: row, Qt.ItemDataRole.DisplayRole: row.name, Qt.ItemDataRole.AccessibleTextRole: row.spoken}
        if role in plain:
            return plain[role]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(row.tip)
        if role == Qt.ItemDataRole.CheckStateRole and isinstance(row, RunRow):
            return Qt.CheckState.Checked if row.shown else Qt.CheckState.Unchecked
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._row(index)
        if role != Qt.ItemDataRole.CheckStateRole or not isinstance(row, RunRow):
            return False
        self._store.set_shown(row.id, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    # -- private --------------------------------------------------------------------------------

    def _row(self, index: AnyIndex) -> FolderRow | RunRow:
        if index.internalId():
            return self._rows[self._runs[index.internalId()][index.row()]]
        number_ = self._numbers[index.row()]
        folder = self._folders[number_]
        trouble = self._trouble.get(folder, "")
        return FolderRow(folder, one_line(Path(folder).name or folder), len(self._runs[number_]), trouble)

    def _number_of(self, folder: str) -> int | None:
        return next((number_ for number_, known in self._folders.items() if known == folder), None)

    def _tell(self, index: QModelIndex) -> None:
        self.dataChanged.emit(index, index)

    @Slot(str)
    def _insert(self, run_id: str) -> None:
        entry = self._store.entry(run_id)
        if entry is None:
            return
        self.add_folder(entry.folder)
        number_ = self._number_of(entry.folder)
        assert number_ is not None
        parent = self.index(self._numbers.index(number_), 0)
        runs = self._runs[number_]
        self.beginInsertRows(parent, len(runs), len(runs))
        self._rows[run_id] = self._describe(entry)
        runs.append(run_id)
        self.endInsertRows()
        self._tell(parent)

    @Slot(str)
    def _drop(self, run_id: str) -> None:
        index = self.index_of(run_id)
        if not index.isValid():
            return
        self.beginRemoveRows(index.parent(), index.row(), index.row())
        self._runs[index.internalId()].pop(index.row())
        self._rows.pop(run_id, None)
        self._loading.pop(run_id, None)
        self._sparks.pop(run_id, None)
        self.endRemoveRows()

    def _describe(self, entry: RunEntry) -> RunRow:
        now = time.time()
        data = entry.data
        state = data.state(now)
        estimate = data.progress(now)
        alerts = self._alert_count(entry.id)
        facts = Facts(
            entry.name, entry.id, state.word, data.info.format, data.info.tags, alerts, len(data.samples)
        )
        fraction = None if estimate is None else estimate.fraction
        loading = self._loading.get(entry.id, 1.0)
        line = f"reading {loading:.0%}" if loading < 1 else progress_line(data, state.word, estimate, now)
        return RunRow(
            entry.id, one_line(entry.name), entry.colour, entry.shown, state.word, state.reason, fraction, line,
            alerts, loading, self._spark(entry), facts,
        )  # fmt: skip

    def _spark(self, entry: RunEntry) -> tuple[tuple[float, float], ...]:
        name = main_loss(entry.data)
        series = None if name is None else entry.data.series[name]
        made_from = (id(series), 0 if series is None else len(series))
        if self._sparks.get(entry.id, (None,))[0] != made_from:
            self._sparks[entry.id] = (made_from, () if series is None else sparkline(series))
        return self._sparks[entry.id][1]


class RunFilter(QSortFilterProxyModel):
    """The rows that answer the question above the list; folders stay, so that it is clear where one is."""

    def __init__(self, model: RunListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._question: Question = parse("")
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)

    @Slot(str)
    def ask(self, text: str) -> None:
        self._question = parse(text)
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: AnyIndex) -> bool:
        if not source_parent.isValid():
            return True
        row = self.sourceModel().index(source_row, 0, source_parent).data(ROW_ROLE)
        return self._question(row.facts)


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
    return " · ".join(parts) or "nothing logged yet"


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
    return _main_loss(tuple(data.series))


@lru_cache(maxsize=256)
def _main_loss(names: tuple[str, ...]) -> str | None:
    roles = named_roles(list(names))
    wanted = ("loss", "train_loss", "part_loss", "validation_loss")
    return next((name for role in wanted for name in names if roles[name] == role), None)


def sparkline(series: Series) -> tuple[tuple[float, float], ...]:
    """A curve with both axes from 0 to 1, a few points wide; empty while there is no line to draw."""
    extent = series.extent("step")
    if extent is None or extent[1] <= extent[0]:
        return ()
    x, y = series.thin("step", *extent, SPARK_COLUMNS)
    if len(x) > 4 * SPARK_COLUMNS:  # a short window is handed out as it is
        x, y = x[:: len(x) // (2 * SPARK_COLUMNS)], y[:: len(y) // (2 * SPARK_COLUMNS)]
    low, high = np.quantile(y, (0.0, 0.98)) if len(y) else (0.0, 0.0)
    if not len(y) or high <= low:
        return ()
    across, up = (x - extent[0]) / (extent[1] - extent[0]), np.clip((y - low) / (high - low), 0, 1)
    return tuple(zip(across.round(3).tolist(), up.round(3).tolist(), strict=True))
