"""Which training files a run used, how often, and how it changed them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QStackedWidget, QWidget

from musiclog.data_use import DataUse

from ..state import wording
from ..state.data_table import DataTable
from ..state.runs import RunEntry, RunStore
from ..state.selection import Selection
from .calm_views import CalmTable
from .empty_state import EmptyState
from .run_page import RunPage

# New sums are shown four times a second: sorting a hundred thousand files takes a tenth of one.
PERIOD_MS = 250


class DataPage(RunPage):
    """A totals line, a filter and the table."""

    PARTS = frozenset({"data_usage"})

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(store, selection, parent)
        self._model = DataTable(self)
        self._timer = QTimer(self, singleShot=True, interval=PERIOD_MS)
        self._timer.timeout.connect(self._rested)
        self._behind = False  # there is more in the sums than is shown
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

    def show_run(self, entry: RunEntry | None) -> None:
        self._timer.stop()
        self._model.show_use(None if entry is None else entry.data.data_usage)
        self._tell()

    def refresh(self, entry: RunEntry) -> None:
        if entry.data.data_usage is not self._model.use:  # the run was read anew
            self.show_run(entry)
        elif self._timer.isActive():
            self._behind = True
        else:
            self._show_more()

    @Slot()
    def _rested(self) -> None:
        if self._behind:
            self._show_more()

    def _show_more(self) -> None:
        self._behind = False
        self._model.refresh()
        self._tell()
        self._timer.start()

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self._model.filter(text)
        self._tell()

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
    return "  ·  ".join(parts)
