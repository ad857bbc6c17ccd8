"""What is asked above the run list, and which runs answer it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from musiclog.query import Facts, Query, QueryError, Suggestion, complete, facts_of, parse

from .run_marks import RunMarks
from .runs import Changes, RunStore

# What of a run's news a query can ask about. Points wait for the next tick: thirty times a second is for the charts.
ASKED_AT_ONCE = frozenset({"info", "config", "alerts", "samples", "events"})
# A run in these states answers differently as time goes by; the others do with their age, which is told in minutes.
MOVING = frozenset({"live", "stalled"})
QUIET_TICKS = 30


class RunQuestion(QObject):
    """A query and the runs that answer it. A text that spells no query leaves the last good one in force."""

    answered = Signal(object)  # frozenset of the run ids that match now and did not, or the other way round
    reviewed = Signal()  # facts of matching runs were looked up anew: they may belong together differently
    spelled = Signal()  # text, query or trouble are others than before

    def __init__(
        self, store: RunStore, marks: RunMarks, open_alerts: Callable[[str], int] = lambda _run: 0,
        parent: QObject | None = None, *, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store, self._marks, self._open_alerts, self._clock = store, marks, open_alerts, clock
        self.text = ""
        self.query = Query()
        self.trouble: QueryError | None = None  # why text is not the query
        self._facts: dict[str, Facts] = {}  # as they were last looked up
        self._matching: set[str] = set()
        self._stale: set[str] = set()
        self._ticks = 0
        store.arrived.connect(self._look_again)
        store.removed.connect(self._forget)
        marks.changed.connect(self._look_at)
        self._weigh(entry.id for entry in store.entries())

    # -- orders ---------------------------------------------------------------------------------

    @Slot(str)
    def ask(self, text: str) -> None:
        if text == self.text:
            return
        before = self.query
        self.text, self.trouble = text, None
        try:
            self.query = parse(text)
        except QueryError as trouble:
            self.trouble = trouble
        if self.query != before:
            self._weigh(entry.id for entry in self._store.entries())
            self.reviewed.emit()
        self.spelled.emit()

    def ask_grouped(self, *keys: str) -> None:
        """Ask the same, but put the runs together by these keys; by none: not at all."""
        self.ask(str(replace(self.query, group_keys=keys)))

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        asked = [run_id for run_id, what in changes.items() if what & ASKED_AT_ONCE]
        self._stale.update(changes.keys() - set(asked))
        self._look_again(asked)

    @Slot()
    def tick(self) -> None:
        """Time has passed, and points have come."""
        self._ticks += 1
        stale, self._stale = self._stale, set()
        if not self._ticks % QUIET_TICKS:
            self._look_again(list(self._facts))
        else:
            self._look_again(
                [run_id for run_id, facts in self._facts.items() if run_id in stale or facts.state in MOVING]
            )

    @Slot()
    def recount_alerts(self) -> None:
        self._look_again([run_id for run_id, facts in self._facts.items() if facts.alerts != self._open_alerts(run_id)])

    # -- what others ask ------------------------------------------------------------------------

    def matches(self, run_id: str) -> bool:
        return run_id in self._matching

    def matching(self) -> list[str]:
        """The runs that answer with yes, in the order in which they were found."""
        return [entry.id for entry in self._store.entries() if entry.id in self._matching]

    @property
    def nobody_answers(self) -> bool:
        """Whether there are runs, and none of them matches."""
        return not self._matching and bool(self._store.entries())

    def facts(self, run_id: str) -> Facts:
        """Of a run in the store; looked up when they are first asked for, and again after news."""
        if run_id not in self._facts:
            entry, marks = self._store.entry(run_id), self._marks.of(run_id)
            assert entry is not None
            self._facts[run_id] = facts_of(
                entry.data, self._clock(), alerts=self._open_alerts(run_id), tags=marks.tags, note=marks.note,
                starred=marks.starred, archived=marks.archived,
            )  # fmt: skip
        return self._facts[run_id]

    def all_facts(self) -> dict[str, Facts]:
        return {entry.id: self.facts(entry.id) for entry in self._store.entries()}

    def suggestions(self, text: str, position: int) -> list[Suggestion]:
        return complete(text, position, list(self.all_facts().values()))

    def remark(self) -> str:
        """What may not be meant in the query; "" where nothing is strange."""
        if self.trouble is not None or not any(self.query.terms()):
            return ""
        return "; ".join(self.query.remarks(self.all_facts().values()))

    # -- private --------------------------------------------------------------------------------

    @Slot(str)
    def _look_at(self, run_id: str) -> None:
        self._facts.pop(run_id, None)
        if self._weigh([run_id]):
            self.reviewed.emit()

    @Slot(object)
    def _look_again(self, run_ids: Iterable[str]) -> None:
        known = [run_id for run_id in run_ids if self._store.entry(run_id) is not None]
        for run_id in known:
            self._facts.pop(run_id, None)
        if self._weigh(known):
            self.reviewed.emit()

    def _weigh(self, run_ids: Iterable[str]) -> bool:
        """Ask these runs; tells whether any of them matches now, or did."""
        asked = list(run_ids)
        yes = {run_id for run_id in asked if self._accepts(run_id)}
        before = self._matching.intersection(asked)
        if yes != before:
            self._matching = (self._matching - before) | yes
            self.answered.emit(frozenset(yes ^ before))
        return bool(yes or before)

    def _accepts(self, run_id: str) -> bool:
        if self._marks.of(run_id).archived and not self.query.asks_for_archived:
            return False
        return not any(self.query.terms()) or self.query.matches(self.facts(run_id))

    @Slot(str)
    def _forget(self, run_id: str) -> None:
        self._facts.pop(run_id, None)
        if run_id in self._matching:
            self._matching.discard(run_id)
            self.answered.emit(frozenset({run_id}))
            self.reviewed.emit()
