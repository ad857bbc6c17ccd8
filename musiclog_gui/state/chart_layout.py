"""How the charts are arranged: columns, order, what is pinned or folded away; several arrangements by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from .chart_plan import SYSTEM, ChartPlan

PINNED = "Pinned"
MOST_COLUMNS = 4
HEIGHTS = (150, 1200)  # pixels: the lowest in which a curve can be read, the highest that any screen has


@dataclass(frozen=True, slots=True)
class ChartLayout:
    """One arrangement. Charts are known by their metric; those that no run logs just now keep their place."""

    columns: int = 0  # 0: as many as fit
    pinned: tuple[str, ...] = ()
    order: tuple[str, ...] = ()  # of charts that were moved by hand; the others follow in the usual order
    folded: tuple[str, ...] = (SYSTEM,)  # titles of sections; machines are looked at when something is wrong
    height: int = 0  # of every chart, in pixels; 0: the usual one

    @classmethod
    def from_dict(cls, told: Any) -> ChartLayout:
        """Without what is of a wrong kind."""
        known = told if isinstance(told, Mapping) else {}
        columns = known.get("columns")
        names = {
            field.name: tuple(each for each in known.get(field.name, ()) if isinstance(each, str))
            for field in fields(cls)
            if isinstance(known.get(field.name), list | tuple)
        }
        layout = cls(columns if isinstance(columns, int) and 0 <= columns <= MOST_COLUMNS else 0, **names)
        height = known.get("height")
        return layout.of_height(height) if isinstance(height, int) else layout

    def as_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def sections(self, plans: Iterable[ChartPlan]) -> dict[str, list[ChartPlan]]:
        """The charts of each section, pinned ones in a section of their own at the top."""
        known = list(plans)
        by_name = {each.name: each for each in known}
        found = {PINNED: [by_name[name] for name in self.pinned if name in by_name]}
        place = {name: number for number, name in enumerate(self.order)}
        for each in known:
            if each.name not in self.pinned:
                found.setdefault(each.section, []).append(each)
        for title, charts in found.items():
            if title != PINNED:
                charts.sort(key=lambda each: place.get(each.name, len(place)))
        return {title: charts for title, charts in found.items() if charts}

    def of_height(self, height: int) -> ChartLayout:
        """With all charts that high, within reason; 0 for the usual height."""
        low, high = HEIGHTS
        return replace(self, height=min(max(height, low), high) if height else 0)

    def pin(self, name: str, on: bool) -> ChartLayout:
        others = tuple(each for each in self.pinned if each != name)
        return replace(self, pinned=(*others, name) if on else others)

    def fold(self, title: str, on: bool) -> ChartLayout:
        others = tuple(each for each in self.folded if each != title)
        return replace(self, folded=(*others, title) if on else others)

    def move(self, name: str, target: str, shown: Sequence[str]) -> ChartLayout:
        """Put a chart where another one stands. shown: their section's charts as they stand."""
        if name == target:
            return self
        forward = name in shown and shown.index(name) < shown.index(target)
        rest = [each for each in shown if each != name]
        rest.insert(rest.index(target) + forward, name)
        if target in self.pinned:
            return replace(self, pinned=tuple(rest))
        moved = set(rest)
        return replace(self.pin(name, False), order=(*(each for each in self.order if each not in moved), *rest))


class ChartLayouts(QObject):
    """The arrangement in use and those that were saved under a name."""

    changed = Signal()

    def __init__(self, kept: Mapping[str, Any] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        told = kept or {}
        saved = told.get("saved")
        named = saved if isinstance(saved, Mapping) else {}
        self.current = ChartLayout.from_dict(told.get("current"))
        self.saved = {str(name): ChartLayout.from_dict(each) for name, each in named.items()}

    @property
    def name(self) -> str:
        """Of the saved arrangement that is in use as it was saved; empty for any other."""
        return next((name for name, each in self.saved.items() if each == self.current), "")

    def as_dict(self) -> dict[str, Any]:
        return {"current": self.current.as_dict(), "saved": {name: each.as_dict() for name, each in self.saved.items()}}

    def use(self, layout: ChartLayout) -> None:
        if layout != self.current:
            self.current = layout
            self.changed.emit()

    def save(self, name: str) -> None:
        """Keep the current arrangement under a name, in place of what was kept there."""
        if name.strip():
            self.saved[name.strip()] = self.current
            self.changed.emit()

    def forget(self, name: str) -> None:
        if self.saved.pop(name, None) is not None:
            self.changed.emit()
