"""Which runs are compared: a query, and under it the runs with their ticks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListView, QPushButton, QVBoxLayout, QWidget

from ..state.compare_choice import CompareChoice
from ..state.run_query import RunQuestion
from .compare_part import plain
from .query_field import QueryField


class TickList(QListView):
    """Space ticks here; elsewhere in the window it plays."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)


class CompareChooser(QWidget):
    """The left side of the page."""

    def __init__(self, choice: CompareChoice, question: RunQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice
        self.query = QueryField(question)
        self.query.line.setPlaceholderText("Choose: lr<1e-3 tag:base")
        self.query.line.setAccessibleName("Choose runs by a query")
        self.list = TickList()
        self.list.setAccessibleName("Runs to compare")
        self.list.setModel(choice)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(150)
        self.list.setStyleSheet("QListView::item { padding: 4px 3px; }")
        self.list.setIconSize(QSize(12, 12))
        self.count = plain("", "muted")
        self.same = QPushButton("Use the runs shown on Live")
        self.same.setAutoDefault(False)
        self.same.clicked.connect(choice.follow_charts)
        head = QHBoxLayout()
        head.addWidget(plain("Runs", "title"))
        head.addStretch(1)
        head.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.query)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.same)

    def tell(self, chosen: int, of: int) -> None:
        self.count.setText(f"{chosen} of {of}")
        self.same.setVisible(not self.choice.follows_charts())
