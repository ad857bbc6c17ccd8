"""A page about one run: the selected one, or the first while none is selected."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ..state import wording
from ..state.runs import Changes, RunEntry, RunStore
from ..state.selection import Selection
from ..theme import theme_changed


class RunPage(QWidget):
    """Follows the selected run. What arrives while the page is hidden is taken up when it is shown."""

    PARTS: ClassVar[frozenset[str]] = frozenset()  # the changes of a run that concern the page

    def __init__(self, store: RunStore, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.store, self.selection = store, selection
        self.heading = RunHeading()
        self.bar = QHBoxLayout()  # the page's own controls stand right of the run's name
        self.bar.setSpacing(8)
        self.bar.addWidget(self.heading, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(8)
        self.body.addLayout(self.bar)
        self._run: str | None = None
        self._dirty = True
        selection.run_changed.connect(self._choose)
        store.added.connect(self._choose)
        store.removed.connect(self._choose)
        store.shown_changed.connect(self._choose)

    # -- what a page says -------------------------------------------------------------------------

    def show_run(self, entry: RunEntry | None) -> None:
        """Another run, or none, is to be shown."""
        raise NotImplementedError

    def refresh(self, entry: RunEntry) -> None:
        """The shown run has news in one of PARTS."""
        raise NotImplementedError

    # -- orders -----------------------------------------------------------------------------------

    def entry(self) -> RunEntry | None:
        chosen = self.store.entry(self.selection.run)
        return chosen or next(iter(self.store.entries()), None)

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        what = changes.get(self._run or "", frozenset())
        if "info" in what:
            self.heading.show_run(self.entry())
        if not what & self.PARTS:
            return
        if self.isVisible():
            self._update()
        else:
            self._dirty = True

    @Slot(object)
    def _choose(self, _run: object = None) -> None:
        """Another run may be the one to show; mostly it is still the same."""
        if not self.isVisible():
            self._dirty = True
            return
        entry = self.entry()
        if entry is None or entry.id != self._run:
            self._update()
        else:
            self.heading.show_run(entry)

    def _update(self) -> None:
        self._dirty = False
        entry = self.entry()
        run = None if entry is None else entry.id
        self.heading.show_run(entry)
        if run != self._run or entry is None:
            self._run = run
            self.show_run(entry)
        if entry is not None:
            self.refresh(entry)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._dirty:
            self._update()


class RunHeading(QWidget):
    """The run's colour, name and folder; long names end in an ellipsis and read in full in the tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot, self._name = ColourDot(), QLabel()
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._name.setProperty("role", "title")
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._dot)
        layout.addWidget(self._name, 1)
        theme_changed.connect(self._elide)

    def show_run(self, entry: RunEntry | None) -> None:
        self._full = "" if entry is None else wording.one_line(entry.name)
        self._dot.setVisible(entry is not None)
        if entry is not None:
            self._dot.set_colour(entry.colour)
            self.setToolTip(wording.tool_tip(f"{entry.name}\n{entry.id}"))
        self.setAccessibleName(f"Run {self._full}" if self._full else "No run")
        self._elide()

    @Slot()
    def _elide(self, _theme: object = None) -> None:
        room = max(self.width() - 24, 40)
        self._name.setText(self._name.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, room))

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._elide()


class ColourDot(QWidget):
    """A run's colour as a round mark of the text's size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor()
        self.setFixedSize(12, 12)

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(1, 1, 10, 10)
