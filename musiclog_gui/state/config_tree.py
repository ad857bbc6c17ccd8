"""What a run says of itself and its configuration, as a tree of keys and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from musiclog.config_diff import MISSING, flatten, same
from musiclog.run_data import RunData

from ..theme import theme
from . import wording

KEY, VALUE, OTHER = range(3)
PATH_ROLE = Qt.ItemDataRole.UserRole  # the dotted key path
VALUE_ROLE = Qt.ItemDataRole.UserRole + 1  # (value,): wrapped, so that Qt does not convert it
# A configuration with more keys than this is shown as far as here, and says so.
MOST_KEYS = 20_000


def facts(data: RunData, now: float) -> dict[str, Any]:
    """Everything that is known of a run beside its metrics. now: Unix seconds."""
    info, state = data.info, data.state(now)
    run = {
        "name": info.name, "id": info.id, "state": f"{state.word}: {state.reason}", "format": info.format,
        "tags": list(info.tags) or None, "host": info.host, "pid": info.pid, "folder": data.ref.path,
        "started": _when(info.started), "ended": _when(info.ended), "planned_epochs": _whole(info.planned_epochs),
        "planned_steps": _whole(info.planned_steps), "heartbeat_promise_s": _whole(info.heartbeat_promise_s),
    }  # fmt: skip
    known = {name: value for name, value in run.items() if value is not None}
    parts = {"run": known, "configuration": data.config, "environment": info.environment}
    return {name: value for name, value in parts.items() if value}


def _whole(number: float | None) -> float | None:
    """30 in place of 30.0, which was counted and not measured."""
    return int(number) if number is not None and float(number).is_integer() else number


def _when(unix: float | None) -> str | None:
    return None if unix is None else wording.date_and_time(unix)


class ConfigTree(QStandardItemModel):
    """Keys, values and, where another run is set beside, its values with a mark where they differ."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: Mapping[str, Any] = {}
        self._count = 0
        self.left_out = 0

    def show_facts(self, facts: Mapping[str, Any], other: Mapping[str, Any] | None = None, name: str = "") -> None:
        """Build the tree anew; the page restores what was open and selected by its paths."""
        self.clear()
        self.facts, self._count, self.left_out = facts, 0, 0
        self.setHorizontalHeaderLabels(["Key", "Value"] + ([wording.one_line(name, 60)] if other is not None else []))
        others = None if other is None else flatten(other)
        self._fill(self.invisibleRootItem(), facts, "", others)
        if others is not None:
            self._fill_missing(others)

    def _fill(self, parent: QStandardItem, values: Mapping[str, Any], prefix: str, others: Any) -> None:
        for name, value in values.items():
            if self._count >= MOST_KEYS:
                self.left_out += 1
                continue
            self._count += 1
            path = f"{prefix}{name}"
            nested = isinstance(value, Mapping) and bool(value)
            row = self._row(str(name), path, value, nested, others)
            parent.appendRow(row)
            if nested:
                self._fill(row[KEY], value, f"{path}.", others)

    def _row(self, name: str, path: str, value: Any, nested: bool, others: Any) -> list[QStandardItem]:
        row = [_item(name, path, value), _item("" if nested else wording.figure_in_full(value), path, value)]
        row[VALUE].setToolTip("" if nested else wording.tool_tip(wording.figure_in_full(value)))
        if others is not None:
            row.append(self._other(path, value, nested, others))
        return row

    def _other(self, path: str, value: Any, nested: bool, others: Mapping[str, Any]) -> QStandardItem:
        if nested:
            return _item("", path, None)
        other = others.get(path, MISSING)
        if other is MISSING or not same(value, other):
            item = _item(f"≠  {'(missing)' if other is MISSING else wording.figure_in_full(other)}", path, other)
            item.setForeground(theme().qcolor("warning"))
            return item
        item = _item(wording.figure_in_full(other), path, other)
        item.setForeground(theme().qcolor("muted"))
        return item

    def _fill_missing(self, others: Mapping[str, Any]) -> None:
        """Keys that only the other run has, under a heading of their own."""
        own = flatten(self.facts)
        missing = {key: value for key, value in others.items() if key not in own}
        if not missing:
            return
        head = [_item("only in the other run", "", None), _item("", "", None), _item("", "", None)]
        self.appendRow(head)
        for key, value in missing.items():
            shown = _item(f"≠  {wording.figure_in_full(value)}", key, value)
            shown.setForeground(theme().qcolor("warning"))
            head[KEY].appendRow([_item(key, key, value), _item("(missing)", key, None), shown])


class ConfigFilter(QSortFilterProxyModel):
    """Keeps what contains the text in its key path or value, and everything above it."""

    def __init__(self, tree: ConfigTree, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(False)
        self._needle = ""
        self.setSourceModel(tree)

    def search(self, text: str) -> None:
        self._needle = text.casefold()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Any) -> bool:
        if not self._needle:
            return True
        model = self.sourceModel()
        key = model.index(source_row, KEY, source_parent)
        if self._needle in str(key.data(PATH_ROLE)).casefold():
            return True
        columns = range(VALUE, model.columnCount())
        texts = (model.index(source_row, column, source_parent).data() for column in columns)
        return any(self._needle in str(text or "").casefold() for text in texts)


def _item(text: str, path: str, value: Any) -> QStandardItem:
    item = QStandardItem(wording.one_line(text))
    item.setEditable(False)
    item.setData(path, PATH_ROLE)
    item.setData((value,), VALUE_ROLE)
    return item
