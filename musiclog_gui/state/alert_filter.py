"""Which alerts are listed, and in which order."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from .alerts import SEVERITIES, AlertModel, AlertRow
from .rows import ROW_ROLE, SORT_ROLE


class AlertFilter(QSortFilterProxyModel):
    """Newest first until another column is chosen; by default everything is shown."""

    def __init__(self, alerts: AlertModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.open_only = False
        self.least = SEVERITIES[0]
        self.run: str | None = None
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)
        self.setSourceModel(alerts)
        self.sort(AlertModel.SINCE, Qt.SortOrder.DescendingOrder)

    def show_only(self, *, open_only: bool, least: str, run: str | None) -> None:
        self.open_only, self.least, self.run = open_only, least, run
        self.invalidate()

    def passes(self, row: AlertRow) -> bool:
        if not row.leads or (self.open_only and not row.calls):
            return False
        if self.run is not None and row.run != self.run:
            return False
        return SEVERITIES.index(row.severity) >= SEVERITIES.index(self.least)

    def hidden(self) -> int:
        """Rows that the filters keep back; what is told under another row is not hidden."""
        return self.sourceModel().leading() - self.rowCount()

    def filterAcceptsRow(self, source_row: int, _parent: QModelIndex | QPersistentModelIndex) -> bool:
        return self.passes(self.sourceModel().index(source_row, 0).data(ROW_ROLE))
