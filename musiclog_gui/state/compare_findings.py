"""What the parts of the Compare page show: the newest answer, the brushes, and the colours of runs and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.compare import Estimate, Frame, Influences, Study

from ..theme import run_colour
from .compare_answer import About, Answer, Depth, about
from .compare_axes import Axis, Brush, axes_of
from .groups import RunGroup
from .runs import RunEntry, RunStore

COLOURS = 30  # that run_colour() tells apart


class Findings(QObject):
    """Owned by the page, read by its parts."""

    changed = Signal()  # another answer, or more of it
    brushed = Signal()  # other brushes; an answer to them follows

    def __init__(self, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.answer: Answer | None = None
        self._about: About | None = None
        self.studies: Mapping[str, Study] = {}
        self.influences: Influences | None = None
        self.why_no_influences: str | None = None
        self.axes: Sequence[Axis] = ()
        self.brushes: tuple[Brush, ...] = ()
        self._estimates: dict[str, list[Estimate | None]] = {}  # by key of the column, a group each
        self._numbers: dict[str, int] = {}  # of every group's label ever met: one that comes back keeps its colour

    # -- orders ---------------------------------------------------------------------------------

    def show(self, answer: Answer | None) -> None:
        """Another answer; what was found beside the last one stays until its renewal where it is about the same."""
        now = None if answer is None else about(answer.comparison)
        if answer is not None and answer.early and now == self._about:
            return  # a worker that had its libraries to import yet knows less than what is shown
        self.answer = answer
        self._estimates.clear()
        if now is None or now != self._about:
            self.studies, self.influences, self.why_no_influences = {}, None, None
        self._about = now
        if answer is not None:
            self.studies = {**self.studies, **answer.comparison.tests}
        self.axes = () if answer is None else axes_of(answer)
        self.changed.emit()

    @Slot(object)
    def deepen(self, depth: Depth) -> None:
        """What took longer; nothing where the answer is about something else by now."""
        if depth.about != self._about or self.answer is None:
            return
        self.studies = {**depth.studies, **self.answer.comparison.tests}
        if depth.influences is not None or depth.why is not None:
            self.influences, self.why_no_influences = depth.influences, depth.why
        self.changed.emit()

    def brush(self, brush: Brush) -> None:
        """One stretch an axis: a new one takes the place of the old."""
        self._set_brushes((*(each for each in self.brushes if each.key != brush.key), brush))

    def unbrush(self, key: str) -> None:
        self._set_brushes(tuple(each for each in self.brushes if each.key != key))

    @Slot()
    def unbrush_all(self) -> None:
        self._set_brushes(())

    def _set_brushes(self, brushes: tuple[Brush, ...]) -> None:
        if brushes != self.brushes:
            self.brushes = brushes
            self.brushed.emit()

    # -- what others ask ------------------------------------------------------------------------

    def axis(self, key: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.key == key), None)

    def kept(self) -> frozenset[str] | None:
        """The runs that the brushes leave; None where there are no brushes."""
        if self.answer is None or not self.brushes:
            return None
        left = [True] * len(self.answer.all_runs)
        for brush in self.brushes:
            axis = self.axis(brush.key)
            if axis is not None:
                left = [one and other for one, other in zip(left, brush.passes(axis), strict=True)]
        return frozenset(run for run, stays in zip(self.answer.all_runs, left, strict=True) if stays)

    def frame(self) -> Frame | None:
        return None if self.answer is None else self.answer.frame

    def estimate(self, group: int, key: str) -> Estimate | None:
        if self.answer is None:
            return None
        if key not in self._estimates:
            self._estimates[key] = self.answer.frame.estimates(key)
        return self._estimates[key][group]

    def entry(self, run_id: str) -> RunEntry | None:
        return self._store.entry(run_id)

    def run_colour(self, run_id: str) -> str:
        entry = self._store.entry(run_id)
        return run_colour(0) if entry is None else entry.colour

    def groups(self) -> list[RunGroup]:
        """Those of the answer, with the ids of their runs; a single run wears its own colour."""
        if self.answer is None:
            return []
        members = [tuple(self.answer.runs[row] for row in group.members) for group in self.answer.frame.groups]
        alone = frozenset(self.run_colour(runs[0]) for runs in members if len(runs) == 1)
        return [
            RunGroup(
                group.label, runs, self.run_colour(runs[0]) if len(runs) == 1 else self._colour(group.label, alone)
            )
            for group, runs in zip(self.answer.frame.groups, members, strict=True)
        ]

    def _colour(self, label: str, taken: frozenset[str]) -> str:
        """The next one that no single run beside it wears."""
        if label not in self._numbers:
            used = set(self._numbers.values())
            free = (number for number in range(COLOURS) if number not in used and run_colour(number) not in taken)
            self._numbers[label] = next(free, len(self._numbers))
        return run_colour(self._numbers[label])

    def colours_by_run(self) -> dict[str, str]:
        """Of the group that a run belongs to, where groups have several; else its own."""
        return {run: group.colour for group in self.groups() for run in group.runs}
