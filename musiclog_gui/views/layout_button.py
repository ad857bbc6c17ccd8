"""The button above the charts that arranges them: columns, and arrangements kept under names."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from ..state.chart_layout import ChartLayout, ChartLayouts

HEIGHT_TITLES = {"Low charts": 190, "Charts of the usual height": 0, "High charts": 420}
COLUMN_TITLES = ("As many columns as fit", "One column", "Two columns", "Three columns")


class LayoutButton(QToolButton):
    """Its menu is written anew whenever it is opened."""

    def __init__(self, layouts: ChartLayouts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layouts = layouts
        self.setText("Layout")
        self.setToolTip(
            "How the charts are arranged; drag a chart by its title to move it, by its lower edge to resize"
        )
        self.setAccessibleName("Layout of the charts")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self.fill)
        self.setMenu(menu)
        self.fill()

    @Slot()
    def fill(self) -> None:
        menu, layouts = self.menu(), self._layouts
        menu.clear()
        columns = QActionGroup(menu)
        for number, title in enumerate(COLUMN_TITLES):
            self._choice(title, layouts.current.columns == number, columns).triggered.connect(
                partial(self._set_columns, number)
            )
        menu.addSeparator()
        heights = QActionGroup(menu)
        for title, height in HEIGHT_TITLES.items():
            self._choice(title, layouts.current.height == height, heights).triggered.connect(
                partial(self._set_height, height)
            )
        menu.addSeparator()
        saved = QActionGroup(menu)
        for name, layout in layouts.saved.items():
            self._choice(name, layouts.name == name, saved).triggered.connect(partial(self._use, layout))
        menu.addAction("Save this layout…", self.ask_for_name)
        if layouts.name:
            menu.addAction(f"Forget “{layouts.name}”", partial(layouts.forget, layouts.name))
        menu.addAction("Usual order, nothing pinned", partial(self._use, ChartLayout()))

    @Slot()
    def ask_for_name(self) -> QInputDialog:
        """Under a name that is known already, the layout replaces the one that was kept."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Save this layout")
        dialog.setLabelText("Name")
        dialog.setComboBoxItems(list(self._layouts.saved))
        dialog.setComboBoxEditable(True)
        dialog.setModal(False)
        dialog.textValueSelected.connect(self._layouts.save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()
        return dialog

    def _choice(self, title: str, on: bool, group: QActionGroup) -> QAction:
        action = self.menu().addAction(title.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(on)
        group.addAction(action)
        return action

    def _set_columns(self, number: int, _checked: bool = True) -> None:
        self._layouts.use(replace(self._layouts.current, columns=number))

    def _set_height(self, height: int, _checked: bool = True) -> None:
        self._layouts.use(self._layouts.current.of_height(height))

    def _use(self, layout: ChartLayout, _checked: bool = True) -> None:
        self._layouts.use(layout)
