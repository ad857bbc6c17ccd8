"""Which metric is the loss, where the names mislead: the user's corrections, kept per family of runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from musiclog.anomaly.roles import named_roles
from musiclog.judgement import family_of

from ..theme import theme
from . import wording
from .rows import SORT_ROLE, AnyIndex

# In the order in which they are offered.
ROLE_WORDS = {
    "loss": "Loss",
    "train_loss": "Training loss of an epoch",
    "validation_loss": "Validation loss",
    "part_loss": "Part of the loss",
    "adversarial_loss": "Adversarial loss",
    "objective_weight": "Weight of a part",
    "learning_rate": "Learning rate",
    "gradient_norm": "Gradient norm",
    "loss_scale": "Loss scale",
    "throughput": "Throughput",
    "step_time": "Time of a step",
    "memory_used": "Memory used",
    "memory_capacity": "Memory capacity",
    "other": "Other: watched for NaN only",
    "": "Ignored",
}
Corrections = Mapping[str, str]  # metric -> role


def role_words(role: str) -> str:
    return ROLE_WORDS.get(role) or wording.one_line(role.replace("_", " ").capitalize())


class MetricRoles(QObject):
    """The corrections of all families. Without a path they last as long as the window."""

    changed = Signal(str)  # family

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._families: dict[str, dict[str, str]] = {}
        self.trouble: str | None = None  # why they could not be kept
        self._read()

    def of(self, run_id: str) -> Corrections:
        """What the user corrected for the family of a run."""
        return self._families.get(family_of(run_id), {})

    def all(self) -> dict[str, dict[str, str]]:
        return {family: dict(roles) for family, roles in self._families.items()}

    def correct(self, family: str, metric: str, role: str | None) -> None:
        """Say what a metric is; None leaves it to its name again."""
        roles = self._families.setdefault(family, {})
        before = roles.pop(metric, None)
        if role is not None:
            roles[metric] = role
        if not roles:
            del self._families[family]
        if before != role:
            self._write()
            self.changed.emit(family)

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            self._families = {str(family): _known(roles) for family, roles in kept.items()}
        except (OSError, ValueError, AttributeError) as error:
            self.trouble = f"{self._path.name} cannot be read ({error}); metrics are known by their names only"

    def _write(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self._families, ensure_ascii=False, indent=1), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            self.trouble = f"{self._path.name} cannot be written ({error}); corrections last until the window closes"
        else:
            self.trouble = None


def _known(roles: Mapping[str, str]) -> dict[str, str]:
    """Without roles of another version of musiclog."""
    return {str(metric): role for metric, role in roles.items() if role in ROLE_WORDS}


class MetricRoleModel(QAbstractTableModel):
    """A line a metric of one family: what its name says it is, and what it is used as, which can be changed."""

    METRIC, FOUND, USED = range(3)
    HEADERS = ("Metric", "By its name", "Used as (click to change)")

    def __init__(self, roles: MetricRoles, family: str, names: Iterable[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._roles, self.family = roles, family
        self._names: list[str] = []
        self._found: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self.take(names)
        roles.changed.connect(self._family_changed)

    def take(self, names: Iterable[str]) -> None:
        """These are the family's metrics now."""
        self.beginResetModel()
        self._names = list(dict.fromkeys(names))
        self._calculate()
        order = list(ROLE_WORDS)
        self._names.sort(key=lambda name: order.index(self._found[name]))  # what matters most first
        self.endResetModel()

    def corrected(self) -> list[str]:
        """Metrics that are used as something else than their name says."""
        return [name for name in self._names if name in self._corrections()]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.HEADERS[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        name = self._names[index.row()]
        texts = (wording.one_line(name), role_words(self._found[name]), role_words(self._used[name]))
        if role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
            return texts[index.column()]
        if role == Qt.ItemDataRole.EditRole:
            return self._used[name]
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.tool_tip(name) if index.column() == self.METRIC else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(name, index.column())
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """value: a role, or None for what the name says."""
        if role != Qt.ItemDataRole.EditRole or index.column() != self.USED:
            return False
        name = self._names[index.row()]
        self._roles.correct(self.family, name, None if value == self._found[name] else value)
        return True

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if index.column() == self.USED else Qt.ItemFlag(0))

    def _colour(self, name: str, column: int) -> Any:
        if column == self.FOUND:
            return theme().qcolor("muted")
        corrected = column == self.USED and name in self._corrections()
        return theme().qcolor("accent") if corrected else None

    def _corrections(self) -> Corrections:
        return self._roles.all().get(self.family, {})

    def _family_changed(self, family: str) -> None:
        if family == self.family and self._names:
            self._calculate()
            self.dataChanged.emit(self.index(0, self.FOUND), self.index(len(self._names) - 1, self.USED))

    def _calculate(self) -> None:
        self._found = named_roles(self._names)
        self._used = named_roles(self._names, self._corrections())
