"""The window: run list at the left, pages under tabs, the player and the status line below."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QMenu,
    QTabWidget,
    QToolBar,
    QWidget,
)  # fmt: skip

from musiclog.remote import is_address

from ..dialogs.address import AddressDialog
from ..dialogs.shortcuts import Shortcuts
from ..dialogs.text_report import TextReport
from ..settings import Settings
from .run_list import RunList
from .status_bar import StatusBar

SIZE = (1360, 860)
THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}


class MainWindow(QMainWindow):
    """Holds the parts that it is given; what the user orders leaves it by signal."""

    folders_opened = Signal(object)  # list[str]
    theme_chosen = Signal(str)
    painted = Signal()  # once, after the first frame
    activated = Signal()  # it came to the front
    closed = Signal()

    def __init__(
        self, settings: Settings, run_list: RunList, pages: Sequence[tuple[str, QWidget]], player_bar: QWidget,
        status: StatusBar,
    ) -> None:  # fmt: skip
        super().__init__()
        self._settings = settings
        self.run_list, self.status = run_list, status
        self._painted = False
        self._open_dialog: QFileDialog | None = None
        self.address_dialog: AddressDialog | None = None
        self._shortcuts: Shortcuts | None = None
        self.setWindowTitle("musiclog")
        self.setAcceptDrops(True)
        self._build_dock(run_list)
        self._build_tabs(pages)
        self._build_player(player_bar)
        self.setStatusBar(status)
        self._build_menus()
        run_list.open_requested.connect(self.ask_for_folder)
        status.problems_requested.connect(self.show_problems)
        self._restore()
        run_list.tree.setFocus()

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def ask_for_folder(self) -> None:
        """Offer a dialog for a folder; the window stays alive behind it."""
        if self._open_dialog is None:
            dialog = QFileDialog(self, "Open a folder with runs")
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            # Not the system's: it is modal on some desktops, and a test cannot reach it.
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
            dialog.setModal(False)
            dialog.filesSelected.connect(self._chosen)
            self._open_dialog = dialog
        here = [folder for folder in self._settings.recent_folders if not is_address(folder)]
        if here:
            self._open_dialog.setDirectory(str(Path(here[0]).parent))
        self._open_dialog.show()
        self._open_dialog.activateWindow()

    @Slot()
    def ask_for_address(self) -> None:
        """Likewise for runs on another machine."""
        if self.address_dialog is None:
            self.address_dialog = AddressDialog(self)
            self.address_dialog.chosen.connect(self.folders_opened)
        self.address_dialog.show()
        self.address_dialog.activateWindow()

    def show_page(self, number: int) -> None:
        self.tabs.setCurrentIndex(number)

    def set_badge(self, page: str, count: int) -> None:
        """Write a number behind a page's name; none for 0."""
        place = self._titles.index(page)
        self.tabs.setTabText(place, f"{page}  {count}" if count else page)

    @Slot()
    def show_shortcuts(self) -> None:
        if self._shortcuts is None:
            self._shortcuts = Shortcuts(self._keys_by_menu(), self)
        self._shortcuts.show()
        self._shortcuts.activateWindow()

    @Slot()
    def show_problems(self) -> None:
        lines = self.status.problem_lines()
        lead = "Reading went on after each of them."
        TextReport("Lines that could not be read", lead, "\n".join(lines), self).show()

    def menus(self) -> list[QMenu]:
        return [action.menu() for action in self.menuBar().actions()]

    def actions_with_keys(self) -> list[QAction]:
        return [action for actions in self._keys_by_menu().values() for action in actions]

    def _keys_by_menu(self) -> dict[str, list[QAction]]:
        keyed = {menu.title(): [action for action in menu.actions() if action.shortcuts()] for menu in self.menus()}
        return {title.replace("&", ""): actions for title, actions in keyed.items() if actions}

    # -- building -------------------------------------------------------------------------------

    def _build_dock(self, run_list: RunList) -> None:
        self.dock = QDockWidget("Runs", self, objectName="runs")
        self.dock.setWidget(run_list)
        self.dock.setTitleBarWidget(QWidget())
        self.dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        self.resizeDocks([self.dock], [300], Qt.Orientation.Horizontal)

    def _build_tabs(self, pages: Sequence[tuple[str, QWidget]]) -> None:
        self.tabs = QTabWidget(documentMode=True)
        self._titles = [title for title, _ in pages]
        for number, (title, page) in enumerate(pages):
            self.tabs.addTab(page, title)
            self.tabs.setTabToolTip(number, f"{title} ({number + 1})")
        self.tabs.currentChanged.connect(self._focus_page)
        self.setCentralWidget(self.tabs)

    def _build_player(self, player_bar: QWidget) -> None:
        bar = QToolBar("Player", self, objectName="player")
        bar.setMovable(False)
        bar.addWidget(player_bar)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, bar)
        self.player_action = bar.toggleViewAction()

    def _build_menus(self) -> None:
        bar = self.menuBar()
        file = bar.addMenu("&File")
        self.add_action(file, "&Open folder…", "Ctrl+O", self.ask_for_folder)
        self.add_action(file, "Open &address…", "Ctrl+Shift+O", self.ask_for_address)
        self.recent = file.addMenu("Open &recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        file.addSeparator()
        self.add_action(file, "&Quit", "Ctrl+Q", self.close)
        view = self.view_menu = bar.addMenu("&View")
        for number, title in enumerate(self._titles):
            self.add_action(view, f"&{title}", str(number + 1), lambda number=number: self.show_page(number))
        view.addSeparator()
        self.add_action(view, "&Find a run", "Ctrl+F", self._find_run)
        runs = self.dock.toggleViewAction()
        runs.setText("&Run list")
        runs.setShortcut("Ctrl+L")
        view.addAction(runs)
        view.addSeparator()
        self._build_theme_menu(view.addMenu("&Theme"))
        self.add_action(view, "F&ull screen", "F11", self._toggle_full_screen)
        self.run_menu = bar.addMenu("&Run")
        self.samples_menu = bar.addMenu("&Samples")
        help_ = bar.addMenu("&Help")
        self.add_action(help_, "&Keyboard shortcuts", "?", self.show_shortcuts)

    def _build_theme_menu(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        for mode, title in THEMES.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(mode == self._settings.theme)
            action.setData(mode)
            group.addAction(action)
        group.triggered.connect(self._choose_theme)

    def add_action(self, menu: QMenu, text: str, keys: str, slot: Callable[[], object]) -> QAction:
        """Another line in one of the menus; keys are parted by spaces, the first is shown in the menu."""
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys.split()])
        action.triggered.connect(lambda _checked=False: slot())
        menu.addAction(action)
        return action

    # -- private --------------------------------------------------------------------------------

    @Slot(int)
    def _focus_page(self, _number: int) -> None:
        """Keys mean what the page is about: Qt would give them to its first field, where digits become text."""
        if not self.tabs.tabBar().hasFocus():  # else somebody walks along the tabs with the arrows
            (_view_of(self.tabs.currentWidget()) or self).setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(object)
    def _chosen(self, folders: Sequence[str]) -> None:
        self.folders_opened.emit(list(folders))

    @Slot()
    def _fill_recent(self) -> None:
        self.recent.clear()
        for folder in self._settings.recent_folders:
            action = self.recent.addAction(folder.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, folder=folder: self.folders_opened.emit([folder]))
        if self.recent.isEmpty():
            self.recent.addAction("Nothing opened yet").setEnabled(False)

    @Slot(QAction)
    def _choose_theme(self, action: QAction) -> None:
        self._settings.theme = action.data()
        self.theme_chosen.emit(action.data())

    def _find_run(self) -> None:
        self.dock.show()
        self.run_list.focus_search()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _restore(self) -> None:
        geometry, layout = (_unpacked(text) for text in (self._settings.geometry, self._settings.layout))
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            screen = QGuiApplication.primaryScreen().availableSize()
            self.resize(min(SIZE[0], screen.width()), min(SIZE[1], screen.height()))
        if not layout.isEmpty():
            self.restoreState(layout)
        self.tabs.setCurrentIndex(min(max(self._settings.page, 0), self.tabs.count() - 1))

    def _keep(self) -> None:
        self._settings.geometry = _packed(self.saveGeometry())
        self._settings.layout = _packed(self.saveState())
        self._settings.page = self.tabs.currentIndex()

    # -- Qt -------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space and self._space_is_taken():
            event.accept()  # a focused button is pressed by it, a run shown or hidden; elsewhere it plays
            return True
        if event.type() == QEvent.Type.WindowActivate:
            self.activated.emit()
        return super().event(event)

    def _space_is_taken(self) -> bool:
        focus = self.focusWidget()
        return isinstance(focus, QAbstractButton) or focus is self.run_list.tree

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folders_of(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.folders_opened.emit(_folders_of(event))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._keep()
        event.accept()
        self.closed.emit()


def _folders_of(event: QDragEnterEvent | QDropEvent) -> list[str]:
    """The folders of a drop; a file stands for the folder that it is in."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return list(dict.fromkeys(str(path if path.is_dir() else path.parent) for path in paths))


def _view_of(page: QWidget) -> QWidget | None:
    """What a page names as its focus proxy, else its first table, list or tree in sight, else what scrolls in it."""
    named = page.focusProxy()
    if named is not None and named.isVisibleTo(page):
        return named
    for kind in (QAbstractItemView, QAbstractScrollArea):
        for view in page.findChildren(kind):
            if view.isVisibleTo(page) and view.isEnabled() and view.focusPolicy() != Qt.FocusPolicy.NoFocus:
                return view
    return None


def _packed(state: QByteArray) -> str:
    return base64.b64encode(state.data()).decode("ascii")


def _unpacked(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
