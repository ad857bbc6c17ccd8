"""All charts of the Live page in their sections; only those that can be seen are built and drawn."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ..icons import dress
from ..state.chart_layout import ChartLayouts
from ..state.chart_plan import ChartPlan, plan
from ..state.chart_view import ChartView
from ..state.groups import RunGroup
from ..state.runs import RunEntry
from ..state.view_history import ViewHistory, Zoom, Zooms
from ..theme import scaled_font, theme_changed
from .chart import HEIGHT, Chart
from .chart_place import Place

LEAST_WIDTH = 400  # of one chart, in pixels; two columns from 800 on
SPACING = 12
# So long charts are drawn in one turn of the event loop, at least one of them; painting them takes twice as long. One
# chart of twenty runs, or three of one run.
TURN_MS = 2.5
# Qt paints 5 ms after a change. The next charts come later than that, and later still where drawing took long: half
# of the time belongs to what arrives and to the user's hands.
REST_MS = 8


class ChartGrid(QScrollArea):
    """Sections of charts under each other, as many columns as fit."""

    run_clicked = Signal(str)
    group_clicked = Signal(str)
    sample_clicked = Signal(str, str)
    pointed = Signal(object)
    history_changed = Signal()  # there is more or less to undo

    def __init__(self, view: ChartView, parent: QWidget | None = None, layouts: ChartLayouts | None = None) -> None:
        super().__init__(parent)
        self.layouts = layouts or ChartLayouts(parent=self)
        self.layouts.changed.connect(self._rearrange)
        self._alone = ""  # the chart that is shown alone
        self._scrolled_to = 0  # before that
        self._view = view
        self._runs: Sequence[RunEntry] = ()
        self._groups: Sequence[RunGroup] = ()
        self._selected: str | None = None
        self._names: frozenset[str] = frozenset()
        self._roles: dict[str, str] = {}  # what the user corrected
        self._wanted = ""
        self._sections: dict[str, Section] = {}
        self.history = ViewHistory()
        self._page = QWidget()
        self._layout = QVBoxLayout(self._page)
        self._layout.setContentsMargins(SPACING, 4, SPACING, SPACING)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)
        self._page.installEventFilter(self)
        self.setWidget(self._page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._settle)
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self.draw_visible)
        self._turn = 0  # in which charts were drawn
        self._build_next = False  # whether it is the turn of those that are yet to be built
        self._settled = True  # False from a change of places until Qt has laid them out
        self._rearranged = False  # since it was painted
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme_changed.connect(self._wear_theme)

    # -- orders ---------------------------------------------------------------------------------

    def show_runs(
        self, runs: Sequence[RunEntry], selected: str | None, changed: Iterable[str] | None = None,
        groups: Sequence[RunGroup] = (),
    ) -> None:  # fmt: skip
        """Draw these runs. changed: ids of the runs whose data moved; None when anything else did."""
        self._runs, self._selected, self._groups = runs, selected, groups
        names = frozenset(name for run in runs for name in run.curves)
        roles = {name: role for run in runs for name, role in run.roles.items()}
        if (names, roles) != (self._names, self._roles):
            self._names, self._roles = names, roles
            self._replan()
        moved = None if changed is None else set(changed)
        moved_names = {name for run in runs if moved is None or run.id in moved for name in run.curves}
        for place in self.charts():
            if moved is None or not moved_names.isdisjoint(place.plan.names):
                place.stale = True
        if changed is None or not self._rest.isActive():
            self.draw_visible()

    def set_view(self, view: ChartView) -> None:
        if view.axis != self._view.axis:
            self.history.clear()
            self.history_changed.emit()
        elif view.log_y != self._view.log_y:
            self._go(self.history.current.without_y())
        self._view = view
        self._all_stale()

    @Slot(str)
    def look_for(self, text: str) -> None:
        """Show only the charts whose metric holds every word."""
        self._wanted = text.casefold()
        self._replan()
        self._all_stale()

    def zoom_x(self, low: float, high: float) -> None:
        """Show one stretch of x in every chart."""
        self._go(Zooms(Zoom((low, high))))
        self._show_zooms()

    def show_alone(self, name: str) -> None:
        """Show one chart as large as the page; an empty name shows all again, where they were."""
        if name == self._alone:
            return
        if not self._alone:
            self._scrolled_to = self.verticalScrollBar().value()
        self._alone = name
        self._arrange_all()
        self._settle()
        self.verticalScrollBar().setValue(0 if name else self._scrolled_to)

    def bring_into_sight(self, name: str) -> None:
        """Open its section and scroll to it, among all charts."""
        self.show_alone("")
        for section in self._sections.values():
            if name in section.places:
                section.set_open(True)
                self._settle()
                self.ensureWidgetVisible(section.places[name])
                section.places[name].setFocus()

    @property
    def alone(self) -> str:
        return self._alone

    def put(self, name: str, target: str) -> None:
        """Put a chart where another one stands; beside a pinned one it is pinned too."""
        section = next((each for each in self._sections.values() if target in each.places), None)
        if section is not None:
            self.layouts.use(self.layouts.current.move(name, target, list(section.places)))

    def pin(self, name: str, on: bool) -> None:
        """Keep a chart at the top."""
        self.layouts.use(self.layouts.current.pin(name, on))

    @Slot(int)
    def set_height(self, height: int) -> None:
        """Make all charts that high; 0 for the usual height. One that is alone is as high as the page."""
        if not self._alone:
            self.layouts.use(self.layouts.current.of_height(height))

    @Slot()
    def fit(self) -> None:
        self._go(Zooms())
        self._show_zooms()

    @Slot()
    def undo(self) -> None:
        """Back to the view before."""
        self.history.undo()
        self.history_changed.emit()
        self._show_zooms()

    @Slot()
    def redo(self) -> None:
        self.history.redo()
        self.history_changed.emit()
        self._show_zooms()

    # -- what others ask ------------------------------------------------------------------------

    def charts(self) -> list[Place]:
        return [place for section in self._sections.values() for place in section.places.values()]

    def place(self, name: str) -> Place | None:
        """The place of the chart that draws a metric."""
        return next((place for place in self.charts() if name in place.plan.names), None)

    @Slot()
    def draw_visible(self) -> None:
        """Draw what is stale and in sight, what waits longest first, a share a turn of the event loop.

        What comes into sight for the first time is built, one chart a turn. When drawing costs much, there are fewer
        frames a second and the window answers as before.
        """
        if not self._settled or not self.isVisible():
            return
        self._rest.stop()
        self._turn += 1
        begin = time.perf_counter()
        for number, place in enumerate(self._waiting()):
            if place.chart is None:  # building takes 20 ms: a turn of its own, the next one
                self._build_next = number > 0
                if number:
                    self._rest.start(REST_MS)
                    return
                self._draw(place)
                self._look.start()
                return
            self._draw(place)
            took_ms = 1000 * (time.perf_counter() - begin)
            if took_ms > TURN_MS:
                self._rest.start(max(REST_MS, round(2 * took_ms)))
                return

    # -- private --------------------------------------------------------------------------------

    def _waiting(self) -> list[Place]:
        """The stale places in sight, what was drawn longest ago first; before or after those that are yet to be built,
        so that neither these nor the others wait for all of them.
        """
        seen = self.viewport().rect()
        stale = [place for place in self.charts() if place.stale and (place.out or self._in_sight(place, seen))]
        return sorted(stale, key=lambda place: ((place.chart is None) != self._build_next, place.drawn))

    def _in_sight(self, place: Place, seen: QRect) -> bool:
        return place.isVisibleTo(self._page) and seen.intersects(self._where(place))

    @Slot()
    def _settle(self) -> None:
        """Lay out now: until then all places seem to be in sight, and all their charts would be built."""
        for section in self._sections.values():
            section.layout().activate()
        self._layout.activate()
        self._page.resize(self._page.minimumSizeHint().expandedTo(self.viewport().size()))
        self._settled = True
        if self._rearranged:  # Qt leaves what a chart covered before it shrank as it was painted
            self._rearranged = False
            self._page.update()
        self.draw_visible()

    def _where(self, place: QWidget) -> QRect:
        return QRect(place.mapTo(self.viewport(), QPoint(0, 0)), place.size())

    def _draw(self, place: Place) -> None:
        chart = place.chart
        if chart is None:
            chart = place.build()
            chart.set_zoom(self.history.current.of(place.plan.name))
            chart.run_clicked.connect(self.run_clicked)
            chart.group_clicked.connect(self.group_clicked)
            chart.sample_clicked.connect(self.sample_clicked)
            chart.pointed.connect(self._point)
            chart.user_zoomed.connect(self._zoomed)
            chart.alone_requested.connect(self._toggle_alone)
            chart.back_requested.connect(self._leave_alone)
            chart.menu_opened.connect(self._fill_menu)
        place.stale, place.drawn = False, self._turn
        chart.show_runs(self._runs, self._selected, self._view, self._groups)

    def _replan(self) -> None:
        """Bring sections and places up to the names there are now; charts that stay are not touched."""
        words = self._wanted.split()
        plans = [each for each in plan(self._names, self._roles) if all(word in each.name.casefold() for word in words)]
        wanted = self.layouts.current.sections(plans)
        for title in [title for title in self._sections if title not in wanted]:
            section = self._sections.pop(title)
            self._layout.removeWidget(section)
            section.hide()
            section.deleteLater()
        for number, (title, charts) in enumerate(wanted.items()):
            section = self._sections.get(title)
            if section is None:
                section = self._sections[title] = Section(title)
                section.toggled.connect(self._folded)
                section.dropped.connect(self.put)
                section.pulled.connect(self.set_height)
                section.came_back.connect(self._all_stale)
            self._layout.insertWidget(number, section)
            section.show_plans(charts)
            section.set_open(title not in self.layouts.current.folded)
        self._sections = {title: self._sections[title] for title in wanted}
        if self._alone and self.place(self._alone) is None:
            self._alone = ""
        self._arrange_all()
        self._settled = False
        self._look.start()

    def _arrange_all(self) -> None:
        height = max(self.viewport().height() - 4 * SPACING, HEIGHT)  # with the margins around it: nothing to scroll
        for section in self._sections.values():
            section.setVisible(not self._alone or self._alone in section.places)
            section.arrange(
                self._columns(), self._alone, height if self._alone else self.layouts.current.height or HEIGHT
            )
        self._rearranged = True

    @Slot()
    def _rearrange(self) -> None:
        self._replan()
        self._all_stale()

    @Slot(str, bool)
    def _folded(self, title: str, open_: bool) -> None:
        self.layouts.use(self.layouts.current.fold(title, not open_))
        self._look.start()

    @Slot()
    def _toggle_alone(self) -> None:
        name = self.sender().plan.name
        if not self.place(name).out:
            self.show_alone("" if self._alone else name)

    @Slot()
    def _leave_alone(self) -> None:
        self.show_alone("")

    @Slot(object)
    def _fill_menu(self, menu: QMenu) -> None:
        """What can be done with the place of a chart."""
        name = self.sender().plan.name
        place, pinned = self.place(name), name in self.layouts.current.pinned
        menu.addSeparator()
        if place.out:
            menu.addAction("Back to the page", place.come_back)
            return
        alone = self._alone == name
        menu.addAction("All charts" if alone else "Only this chart", partial(self.show_alone, "" if alone else name))
        menu.addAction("Unpin" if pinned else "Pin to the top", partial(self.pin, name, not pinned))
        menu.addAction("Window of its own", partial(self._go_out, place))

    def _go_out(self, place: Place) -> None:
        self.show_alone("")
        place.go_out()
        place.stale = True
        self.draw_visible()

    @Slot()
    def _all_stale(self) -> None:
        for place in self.charts():
            place.stale = True
        self.draw_visible()

    def _columns(self) -> int:
        fitting = max(1, (self.viewport().width() - SPACING) // (LEAST_WIDTH + SPACING))
        return self.layouts.current.columns or fitting

    @Slot(object)
    def _zoomed(self, zoom: Zoom | None) -> None:
        chart = self.sender()
        name, linked = chart.plan.name, self._view.linked
        self._go(self.history.current.after(name, zoom, linked=linked), gesture=name if zoom else "")
        if linked:
            self._show_zooms(but=chart)

    def _go(self, zooms: Zooms, gesture: str = "") -> None:
        self.history.go(zooms, gesture)
        self.history_changed.emit()

    def _show_zooms(self, but: Chart | None = None) -> None:
        """Charts that cannot be seen are drawn when they come into sight."""
        for place in self.charts():
            if place.chart is not None and place.chart is not but:
                zoom = self.history.current.of(place.plan.name)
                if place.chart.zoom != zoom:
                    place.chart.set_zoom(zoom)

    @Slot()
    def _scrolled(self) -> None:
        self._point(None)  # another place is under the pointer now
        self._look.start()

    @Slot(object)
    def _point(self, x: float | None) -> None:
        pointing = self.sender()
        for place in self.charts():
            if place.chart is not None and (place.chart is not pointing or x is None):
                place.chart.point_at(x)
        self.pointed.emit(x)

    @Slot(object)
    def _wear_theme(self, _theme: object) -> None:
        for place in self.charts():
            if place.chart is not None:
                place.chart.wear_theme()
        self._all_stale()

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        self._arrange_all()
        self._all_stale()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self._look.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._look.start()
        return super().eventFilter(watched, event)


class Section(QWidget):
    """A title that folds its charts away, and the charts."""

    toggled = Signal(str, bool)  # its title, whether it is open
    dropped = Signal(str, str)
    pulled = Signal(int)
    came_back = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.places: dict[str, Place] = {}
        self._arranged: tuple[object, ...] = ()
        self._fillers: list[QWidget] = []
        self._head = QToolButton()
        self._head.setText(title)
        self._head.setCheckable(True)
        self._head.setChecked(True)
        self._head.setProperty("role", "section")
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setFont(scaled_font(self.font(), 1.05, bold=True))
        self._head.setAccessibleName(f"Section {title}")
        self._head.toggled.connect(self._fold)
        dress(self._head, "chevron-down", "muted")
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 8)
        self._grid.setSpacing(SPACING)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._head, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._body)

    def show_plans(self, plans: Sequence[ChartPlan]) -> None:
        wanted = {each.name: each for each in plans}
        for name in [name for name, place in self.places.items() if wanted.get(name) != place.plan]:
            place = self.places.pop(name)
            place.come_back()
            self._grid.removeWidget(place)
            place.hide()
            place.deleteLater()
        self.places = {name: self.places.get(name) or self._place(each) for name, each in wanted.items()}

    def arrange(self, columns: int, alone: str, height: int) -> None:
        """Put the charts that high in so many columns; or only one of them."""
        arranged = (columns, alone, height, tuple(place.plan for place in self.places.values()))
        if arranged == self._arranged:
            return
        self._arranged = arranged
        self._head.setVisible(not alone)
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._fill_row(0 if alone else max(columns - len(self.places), 0), columns)
        for number, (name, place) in enumerate(self.places.items()):
            place.set_height(height)
            place.setVisible(alone in ("", name))
            if name == alone:
                self._grid.addWidget(place, 0, 0, 1, columns)
            else:
                self._grid.addWidget(place, number // columns, number % columns)

    def _fill_row(self, count: int, columns: int) -> None:
        """Nothing in the last columns of the first row: Qt drops the spacing of empty ones, and columns would not align
        from section to section.
        """
        for filler in self._fillers:
            self._grid.removeWidget(filler)
            filler.deleteLater()
        self._fillers = [QWidget() for _ in range(count)]
        for number, filler in enumerate(self._fillers):
            self._grid.addWidget(filler, 0, columns - 1 - number)

    def set_open(self, open_: bool) -> None:
        if self._head.isChecked() != open_:
            self._head.setChecked(open_)

    def _place(self, chart_plan: ChartPlan) -> Place:
        place = Place(chart_plan)
        place.dropped.connect(self.dropped)
        place.pulled.connect(self.pulled)
        place.came_back.connect(self.came_back)
        return place

    @Slot(bool)
    def _fold(self, open_: bool) -> None:
        self._body.setVisible(open_)
        dress(self._head, "chevron-down" if open_ else "chevron-right", "muted")
        self.toggled.emit(self.title, open_)
