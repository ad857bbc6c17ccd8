"""The page that people look at for hours: every curve of every shown run, as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from ..icons import dress
from ..state.chart_layout import ChartLayouts
from ..state.chart_view import (
    AXIS_TITLES,
    COUNTER_TITLES,
    MARK_TITLES,
    MIDDLE_TITLES,
    SPREAD_TITLES,
    ChartView,
    factor_to_slider,
    moment_x,
    slider_to_factor,
)
from ..state.groups import RunGroups
from ..state.laid_series import METRIC
from ..state.runs import Changes, RunStore
from ..state.selection import Selection
from ..state.wording import one_line
from .flow_layout import FlowLayout
from .invitation import Invitation
from .layout_button import LayoutButton

if TYPE_CHECKING:
    from .chart_grid import ChartGrid

SLIDER_STEPS = 200
KIND_TITLES = {"exponential": "Exponential", "gaussian": "Gaussian", "running mean": "Running mean"}
# Of what is drawn of the run: how much of it a requested moment is shown with, on each side.
MOMENT_SHARE = 0.06


class LivePage(QWidget):
    """Charts with their controls. start() builds the charts, once the window itself has been painted."""

    open_requested = Signal()
    group_clicked = Signal(str)  # label of the group whose curve was clicked
    view_changed = Signal(object)  # ChartView

    def __init__(
        self, store: RunStore, selection: Selection, view: ChartView | None = None, *,
        groups: RunGroups | None = None, layouts: ChartLayouts | None = None, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.layouts = layouts or ChartLayouts(parent=self)
        self._groups = groups
        self._store, self._selection = store, selection
        self.view = view or ChartView()
        self.grid: ChartGrid | None = None
        self._offered: Sequence[str] = ()  # metrics, as x axes
        self._dirty = True
        self._moment: tuple[str, float] | None = None
        self._trouble: dict[str, str] = {}  # folder -> what is the matter with it
        self._build()
        if groups is not None:
            groups.changed.connect(self._redraw_all)
        store.arrived.connect(self._redraw_all)
        store.removed.connect(self._redraw_all)
        store.shown_changed.connect(self._redraw_all)
        selection.run_changed.connect(self._redraw_all)
        selection.moment_requested.connect(self.show_moment)

    # -- orders ---------------------------------------------------------------------------------

    def start(self, grid: type[ChartGrid]) -> None:
        """Build the grid; its library takes most of a second to load, so the frame is shown before."""
        self.grid = grid(self.view, self, self.layouts)
        self.grid.run_clicked.connect(self._selection.set_run)
        self.grid.group_clicked.connect(self.group_clicked)
        self.grid.sample_clicked.connect(self._play)
        self.grid.pointed.connect(self._pointed)
        self._search.textChanged.connect(self.grid.look_for)
        self._stack.addWidget(self.grid)
        self.refresh()
        if self._moment is not None:
            self.show_moment(*self._moment)

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        """Draw what a frame brought, if it can be seen."""
        drawn = {"points", "alerts", "events", "samples", "info", "reading"}
        moved = [run_id for run_id, what in changes.items() if what & drawn]
        if not moved:
            return
        if self.grid is None or not self.isVisible():
            self._dirty = True
            return
        self.refresh(moved)

    def refresh(self, changed: list[str] | None = None) -> None:
        """Draw the shown runs; all of them anew unless told which moved."""
        shown = [entry for entry in self._store.shown() if entry.curves]
        self._choose_face(bool(shown))
        if self.grid is not None:
            self._dirty = False
            self._offer_axes(tuple(sorted({name for entry in shown for name in entry.data.series})))
            groups = () if self._groups is None else self._groups.current()
            self._bands.setVisible(bool(groups))
            self._find_room()
            self.grid.show_runs(shown, self._selection.run, changed, groups)

    @Slot(str, str)
    def set_trouble(self, folder: str, text: str) -> None:
        """What is the matter with a watched folder, "" when it is well; told where curves would be."""
        self._trouble.pop(folder, None)
        if text:
            self._trouble[folder] = text
        self._redraw_all()

    @Slot(str, float)
    def show_moment(self, run_id: str, step: float) -> None:
        """Zoom every chart to the neighbourhood of a step of a run."""
        entry = self._store.entry(run_id)
        if entry is None:
            return
        self._store.set_shown(run_id, True)
        self._selection.set_run(run_id)
        if self.grid is None:
            self._moment = (run_id, step)
            return
        middle = moment_x(entry.data, self.view.axis, step)
        extents = [extent for series in entry.data.series.values() if (extent := series.extent("step"))]
        if middle is None or not extents:
            return
        ends = min(low for low, _ in extents), max(high for _, high in extents)
        first, last = (moment_x(entry.data, self.view.axis, end) for end in ends)
        reach = MOMENT_SHARE * abs((last or 0.0) - (first or 0.0)) or 1.0
        self.grid.zoom_x(middle - reach, middle + reach)

    def show_chart(self, name: str) -> None:
        """Bring a chart into sight."""
        if self.grid is not None:
            self.grid.bring_into_sight(name)

    @Slot()
    def fit(self) -> None:
        if self.grid is not None:
            self.grid.fit()

    @Slot()
    def undo(self) -> None:
        """Show the charts as they were before the last zoom."""
        if self.grid is not None:
            self.grid.undo()

    @Slot()
    def redo(self) -> None:
        if self.grid is not None:
            self.grid.redo()

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._controls())
        faces = QWidget()
        self._stack = QStackedLayout(faces)
        self._empty = Invitation("chart")
        self._empty.clicked.connect(self.open_requested)
        self._stack.addWidget(self._empty)
        layout.addWidget(faces, 1)
        self._choose_face(False)

    def _controls(self) -> QWidget:
        bar = QWidget()
        row = self._row = FlowLayout(bar, spacing=6)
        row.setContentsMargins(12, 8, 12, 6)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, SLIDER_STEPS)
        self._slider.setMinimumWidth(80)
        self._slider.setMaximumWidth(120)
        self._slider.setValue(round(factor_to_slider(self.view.smoothing) * SLIDER_STEPS))
        self._slider.setToolTip("Exponential smoothing, corrected for its start; the curve as logged stays behind it")
        self._slider.valueChanged.connect(self._smooth)
        self._factor = QLabel(self.view.smoothing_words)
        self._make_room_for_factor()
        self._kind = QComboBox()
        for kind, title in KIND_TITLES.items():
            self._kind.addItem(title, kind)
        self._kind.setMinimumWidth(80)
        self._kind.setCurrentIndex(self._kind.findData(self.view.kind))
        self._kind.setToolTip("How curves are smoothed; each kind calms noise as much at the same place of the slider")
        self._kind.currentIndexChanged.connect(self._choose_kind)
        self._build_switches()
        self._search = QLineEdit(placeholderText="Find a chart…", clearButtonEnabled=True)
        self._search.setMinimumWidth(90)
        self._search.setMaximumWidth(220)
        self.layout_button = LayoutButton(self.layouts)
        self._words = [_label(row, "&Smoothing", self._slider)]
        row.addWidget(self._kind)
        row.addWidget(self._slider)
        row.addWidget(self._factor)
        self._words.append(_label(row, "&X axis", self._axis))
        switches = (self._log_x, self._log, self._clip, self._marks, self._bands, self._link)
        for widget in (self._axis, *switches, self._fit, self.layout_button):
            row.addWidget(widget)
        row.push()
        row.addWidget(self._search)
        for widget, name in (
            (self._slider, "Smoothing"), (self._kind, "Kind of smoothing"), (self._axis, "X axis"),
            (self._search, "Find a chart"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
        return bar

    def _build_switches(self) -> None:
        self._axis = QComboBox()
        self._axis.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._axis.setMinimumContentsLength(8)
        self._axis.setMinimumWidth(80)
        self._axis.setToolTip("What the curves lie over")
        self._offer_axes(())
        self._axis.currentIndexChanged.connect(self._choose_axis)
        tip = "Logarithmic values, going through zero where some are not positive"
        self._log = _switch("Log y", tip, self.view.log_y)
        self._log.toggled.connect(self._choose_log)
        tip = (
            "Logarithmic x: the beginning of a run as wide as all that came later; what lies at 0 or below is left out"
        )
        self._log_x = _switch("Log x", tip, self.view.log_x)
        self._log_x.toggled.connect(self._choose_log_x)
        tip = "Leave outliers out of what is shown; each chart says how many points it hides"
        self._clip = _switch("Clip", tip, self.view.clip)
        self._clip.toggled.connect(self._choose_clip)
        self._marks = _switch("Marks", "What happened to the runs, in the charts", self.view.marks)
        self._marks.toggled.connect(self._choose_marks)
        self._marks.setMenu(self._marks_menu())
        self._marks.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self._bands = QToolButton(text="Bands", toolTip="How the runs of a group are drawn as one")
        self._bands.setMenu(self._bands_menu())
        self._bands.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._bands.hide()
        self._link = _switch("Link", "A stretch that is chosen in one chart is shown in all", self.view.linked)
        self._link.toggled.connect(self._choose_linked)
        self._fit = QToolButton(text="Fit all", toolTip="Show everything in every chart again (F)")
        self._fit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(self._fit, "zoom-fit")
        self._fit.clicked.connect(self.fit)

    def _marks_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, title in MARK_TITLES.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(kind not in self.view.unmarked)
            action.setData(kind)
        menu.triggered.connect(self._choose_mark)
        return menu

    def _bands_menu(self) -> QMenu:
        menu = QMenu(self)
        for field, titles in (("middle", MIDDLE_TITLES), ("spread", SPREAD_TITLES)):
            menu.addSection("Curve" if field == "middle" else "Band")
            group = QActionGroup(menu)
            for key, title in titles.items():
                action = menu.addAction(title)
                action.setCheckable(True)
                action.setChecked(getattr(self.view, field) == key)
                action.setData((field, key))
                group.addAction(action)
        menu.triggered.connect(self._choose_band)
        return menu

    # -- private --------------------------------------------------------------------------------

    def _choose_face(self, curves: bool) -> None:
        if curves and self.grid is not None:
            self._stack.setCurrentWidget(self.grid)
            return
        self._stack.setCurrentWidget(self._empty)
        if not self._store.entries() and self._trouble:
            self._empty.invite("No runs to show", "\n".join(self._trouble.values()), "Open another folder…")
        elif not self._store.entries():
            self._empty.invite(
                "Open a folder with runs", "Or drop one here. musiclog finds its own runs, TensorBoard files, CSV and "
                "JSON lines, and watches them while they grow.", "Open a folder…")  # fmt: skip
        elif not self._store.shown():
            self._empty.invite("No run is shown", "Tick a run in the list on the left to see its curves.", "")
        else:
            self._empty.invite("Waiting for the first points", "Curves appear here as soon as something is logged.", "")

    def _change(self, **fields: object) -> None:
        self.view = replace(self.view, **fields)
        if self.grid is not None:
            self.grid.set_view(self.view)
        self.view_changed.emit(self.view)

    @Slot(int)
    def _smooth(self, position: int) -> None:
        factor = slider_to_factor(position / SLIDER_STEPS)
        self._change(smoothing=factor)
        self._factor.setText(self.view.smoothing_words)

    @Slot(int)
    def _choose_kind(self, row: int) -> None:
        self._change(kind=self._kind.itemData(row))
        self._factor.setText(self.view.smoothing_words)
        self._make_room_for_factor()

    @Slot(int)
    def _choose_axis(self, row: int) -> None:
        if self._axis.itemData(row) is not None:  # a separator has none
            self._change(axis=self._axis.itemData(row))

    def _offer_axes(self, names: Sequence[str]) -> None:
        """The axes that all runs have, and every metric that is drawn."""
        if self._axis.count() and (names == self._offered or self._axis.view().isVisible()):
            return  # nothing changes in a list from which somebody is choosing; it is offered with the next points
        self._offered = names
        self._axis.blockSignals(True)
        self._axis.clear()
        for axis, title in {**AXIS_TITLES, **COUNTER_TITLES}.items():
            self._axis.addItem(title, axis)
        metrics = [METRIC + name for name in names]
        if self.view.axis.startswith(METRIC) and self.view.axis not in metrics:
            metrics.append(self.view.axis)
        if metrics:
            self._axis.insertSeparator(self._axis.count())
        for axis in metrics:
            self._axis.addItem(one_line(axis.removeprefix(METRIC)), axis)
        self._axis.setCurrentIndex(self._axis.findData(self.view.axis))
        self._axis.blockSignals(False)

    @Slot(bool)
    def _choose_clip(self, on: bool) -> None:
        self._change(clip=on)

    @Slot(bool)
    def _choose_log(self, on: bool) -> None:
        self._change(log_y=on)

    @Slot(bool)
    def _choose_log_x(self, on: bool) -> None:
        self._change(log_x=on)

    @Slot(bool)
    def _choose_marks(self, on: bool) -> None:
        self._change(marks=on)

    @Slot(bool)
    def _choose_linked(self, on: bool) -> None:
        self._change(linked=on)

    @Slot(QAction)
    def _choose_mark(self, action: QAction) -> None:
        kind = action.data()
        self._change(unmarked=self.view.unmarked - {kind} if action.isChecked() else self.view.unmarked | {kind})

    @Slot(QAction)
    def _choose_band(self, action: QAction) -> None:
        field, key = action.data()
        self._change(**{field: key})

    @Slot(str, str)
    def _play(self, run_id: str, path: str) -> None:
        self._selection.set_sample((run_id, path))
        self._selection.play_requested.emit(run_id, path)

    @Slot(object)
    def _pointed(self, x: float | None) -> None:
        self._selection.step_pointed.emit(x if self.view.axis == "step" else None)

    @Slot()
    def _redraw_all(self) -> None:
        if self.isVisible():
            self.refresh()
        else:
            self._dirty = True

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        self._find_room()

    def _make_room_for_factor(self) -> None:
        """For the longest that it may be, so that the bar stands still while the slider moves."""
        longest = "0.9999" if self.view.kind == "exponential" else "± 999 rows"
        self._factor.setMinimumWidth(self.fontMetrics().horizontalAdvance(longest))

    def _find_room(self) -> None:
        """The words before the controls go where they would take another row; each control has a tool tip."""
        away = [label for label in self._words if label.isHidden()]
        words = sum(label.sizeHint().width() + self._row.spacing() for label in away)
        roomy = self._row.sizeHint().width() + words <= self.width()
        for label in self._words:
            label.setVisible(roomy)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        if self._dirty:
            self.refresh()


def _label(row: FlowLayout, text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setBuddy(buddy)
    row.addWidget(label)
    return label


def _switch(text: str, tip: str, on: bool) -> QToolButton:
    button = QToolButton(text=text, toolTip=tip, checkable=True, checked=on)
    button.setAccessibleName(text)
    return button
