"""Say what a metric is, where its name misleads; for all runs that lie in the same folder."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..state import wording
from ..state.metric_roles import ROLE_WORDS, MetricRoleModel, MetricRoles

LEAD = (
    "musiclog knows by its name what a metric is: that decides where it is drawn and what it is watched for. "
    "Where a name misleads, choose what it is used as. This holds for every run in {folder}."
)


class MetricRolesDialog(QDialog):
    """Not modal; every choice takes effect at once."""

    def __init__(self, roles: MetricRoles, family: str, names: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What the metrics are")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._roles = roles
        self.model = MetricRoleModel(roles, family, names, self)
        lead = QLabel(LEAD.format(folder=PurePath(family).name or family))
        lead.setTextFormat(Qt.TextFormat.PlainText)
        lead.setWordWrap(True)
        lead.setToolTip(wording.tool_tip(family))
        search = QLineEdit(placeholderText="Find a metric…", clearButtonEnabled=True)
        search.setAccessibleName("Find a metric")
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        search.textChanged.connect(self._sorted.setFilterFixedString)
        self.table = self._build_table()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._reset = buttons.addButton("Go by the names again", QDialogButtonBox.ButtonRole.ResetRole)
        self._reset.clicked.connect(self._forget)
        self._reset.setAutoDefault(False)
        buttons.rejected.connect(self.close)
        self._trouble = QLabel()
        self._trouble.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (lead, search, self.table, self._trouble, buttons):
            layout.addWidget(widget)
        roles.changed.connect(self._tell)
        self._tell()
        self.resize(720, 560)

    def _build_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Metrics and what they are used as")
        table.setModel(self._sorted)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        table.clicked.connect(self._edit)
        table.setStyleSheet("QTableView::item { padding: 0px 6px; }")
        table.setItemDelegateForColumn(MetricRoleModel.USED, RoleChoice(table))
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(QFontMetrics(self.font()).height() + 14)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(MetricRoleModel.METRIC, QHeaderView.ResizeMode.Stretch)
        for column in (MetricRoleModel.FOUND, MetricRoleModel.USED):
            table.setColumnWidth(column, 205)
        return table

    @Slot()
    def _tell(self, _family: object = None) -> None:
        self._reset.setEnabled(bool(self.model.corrected()))
        self._trouble.setText(self._roles.trouble or "")
        self._trouble.setVisible(bool(self._roles.trouble))

    @Slot(QModelIndex)
    def _edit(self, index: QModelIndex) -> None:
        """One click anywhere in a line is enough."""
        self.table.edit(index.siblingAtColumn(MetricRoleModel.USED))

    @Slot()
    def _forget(self) -> None:
        for metric in self.model.corrected():
            self._roles.correct(self.model.family, metric, None)


class RoleChoice(QStyledItemDelegate):
    """A box with all roles; what is chosen holds at once."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: QModelIndex) -> QWidget:
        box = QComboBox(parent)
        for role, words in ROLE_WORDS.items():
            box.addItem(words, role)
        box.activated.connect(self._chosen)
        return box

    def setEditorData(self, editor: QComboBox, index: QModelIndex) -> None:
        editor.setCurrentIndex(max(editor.findData(index.data(Qt.ItemDataRole.EditRole)), 0))

    def setModelData(self, editor: QComboBox, model: QSortFilterProxyModel, index: QModelIndex) -> None:
        if editor.currentData() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)

    @Slot()
    def _chosen(self) -> None:
        box = self.sender()
        self.commitData.emit(box)
        self.closeEditor.emit(box)
