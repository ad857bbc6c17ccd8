"""Which training files a run used, how often, and how it changed them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QStackedWidget, QWidget

from ..state import wording
from ..state.data_table import DataTable
from ..state.data_use import DataUse
from ..state.runs import RunEntry, RunStore
from ..state.selection import Selection
from .calm_views import CalmTable
from .empty_state import EmptyState
from .run_page import RunPage

# New sums are shown four times a second: sorting a hundred thousand files takes a tenth of one.
PERIOD_MS = 250


class DataPage(RunPage):
    """A totals line, a filter and the table. Sums of every run that was shown are kept."""

    PARTS = frozenset({"data_usage"})

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(store, selection, parent)
        self._uses: dict[str, DataUse] = {}
        self._model = DataTable(self)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._take)
        self._filter = QLineEdit(placeholderText="Filter files", clearButtonEnabled=True)
        self._filter.setAccessibleName("Filter files by name")
        self._filter.setFixedWidth(220)
        self._filter.textChanged.connect(self._narrow)
        self.bar.addWidget(self._filter)
        self._totals = QLabel()
        self._totals.setProperty("role", "muted")
        self.body.addWidget(self._totals)
        self._table = CalmTable("Training files")
        self._table.setModel(self._model)
        self._table.setSortingEnabled(True)
        self._table.sortByColumn(DataTable.NAME, Qt.SortOrder.AscendingOrder)
        self._table.set_widths(0, 8, 14, 14, 17, 16, 16, 18)
        self._empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._table)
        self.body.addWidget(self._stack, 1)
        store.removed.connect(self._forget)

    def show_run(self, entry: RunEntry | None) -> None:
        self._timer.stop()
        self._model.show_use(None if entry is None else self._use_of(entry))
        self._tell()

    def refresh(self, entry: RunEntry) -> None:
        use = self._use_of(entry)
        if use is not self._model.use:
            self._model.show_use(use)
        if not self._timer.isActive():
            self._take()

    def _use_of(self, entry: RunEntry) -> DataUse:
        use = self._uses.get(entry.id)
        if use is None or not use.belongs_to(entry.data):
            use = self._uses[entry.id] = DataUse(entry.data)
        return use

    @Slot()
    def _take(self) -> None:
        use = self._model.use
        if use is None or not use.pending():
            self._tell()
            return
        more = self._model.take()
        self._tell()
        self._timer.start(0 if more else PERIOD_MS)

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self._model.filter(text)
        self._tell()

    @Slot(str)
    def _forget(self, run_id: str) -> None:
        self._uses.pop(run_id, None)

    def _tell(self) -> None:
        use = self._model.use
        self._totals.setText("" if use is None or not use.uses else totals(use))
        self._totals.setVisible(bool(self._totals.text()))
        if not self._model.rowCount():
            self._empty.say(*self._why_empty(use))
        self._stack.setCurrentIndex(1 if self._model.rowCount() else 0)

    def _why_empty(self, use: DataUse | None) -> tuple[str, str]:
        if use is None:
            return "No run is open.", "Open a folder with runs, then choose one in the list on the left."
        if use.files:
            return "No file passes the filter.", f"{len(use.files):,} files are hidden."
        return (
            "This run has told nothing of its training files.",
            "Call run.log_data_usage(name, transposition=…, cache_hit=…) for every file that a batch uses.",
        )


def totals(use: DataUse) -> str:
    """The sums over all files in one line."""
    parts = [
        f"{len(use.files):,} file{'s' if len(use.files) != 1 else ''}",
        f"{use.uses:,} use{'s' if use.uses != 1 else ''}",
        f"{wording.share(use.augmented, use.uses)} augmented",
    ]
    if use.cache_known:
        parts.append(f"{wording.share(use.cache_hits, use.cache_known)} from the cache")
    if use.pending():
        parts.append(f"adding up {use.pending():,} more …")
    return "  ·  ".join(parts)
