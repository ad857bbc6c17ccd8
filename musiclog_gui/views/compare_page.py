"""Runs beside each other: what can be said of them, and everything that it is said from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from musiclog.compare.groups import groups_of
from musiclog.compare.table import metric_order
from musiclog.compare.writing import as_markdown, as_tsv
from musiclog.comparison_sets import ComparisonSets
from musiclog.grouping import differing

from ..state.assessment import Assessment
from ..state.compare_answer import Answer
from ..state.compare_choice import CompareChoice
from ..state.compare_findings import Findings
from ..state.compare_music import Card, closeness
from ..state.compare_question import Question
from ..state.compare_table import group_rows, run_rows
from ..state.groups import OTHER_KEYS
from ..state.run_query import RunQuestion
from ..state.runs import Changes, RunEntry, RunStore
from ..state.selection import Selection
from ..state.wording import one_line
from ..work.comparison import ComparisonDesk, Request, write_report
from ..work.light_runs import LightRuns
from ..work.player import Player
from ..work.pool import Executor
from ..work.score_desk import ScoreDesk
from .compare_bar import CompareBar
from .compare_brushes import BrushRow
from .compare_chooser import CompareChooser
from .compare_curves import CompareCurves
from .compare_diff import CompareDiff
from .compare_importance import CompareImportance
from .compare_listen import CompareListen
from .compare_parallel import CompareParallel
from .compare_part import ComparePart, plain
from .compare_quality import CompareQuality
from .compare_scatter import CompareScatter
from .compare_summary import CompareSummary
from .compare_values import CompareValues
from .empty_state import EmptyState

# Growing runs are compared anew so often at most: an answer takes a worker half a second.
PERIOD_MS = 2_000
# Forests take a worker five seconds: of runs that grow they are grown anew so often at most.
FORESTS_S = 30.0
NEWS = frozenset({"points", "config", "info", "samples"})


class ComparePage(QWidget):
    """The question above, the runs on the left, and the answer in tabs."""

    told = Signal(str)  # for the status line

    def __init__(
        self, store: RunStore, selection: Selection, executor: Executor, question: RunQuestion, *,
        scores: ScoreDesk | None = None, player: Player | None = None, sets: ComparisonSets | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._store, self._selection, self._executor = store, selection, executor
        self._scores, self._player, self.sets = scores, player, sets or ComparisonSets()
        self.query = question
        self.findings = Findings(store, self)
        self.choice = CompareChoice(store, self, found=self._found)
        self.desk = ComparisonDesk(executor, self)
        self._light = LightRuns()
        self._asked_of: tuple[object, ...] = ()
        self._dirty = True
        self._listed: tuple[object, ...] = ()
        self._offered: list[str] = []  # what runs can be grouped by
        self._deepened: tuple[object, ...] = ()
        self._grown = 0.0  # when forests were grown last
        self._trouble = ""
        self._dialog: QFileDialog | QInputDialog | None = None
        self._period = QTimer(self, singleShot=True, interval=PERIOD_MS)
        self._period.timeout.connect(self._renew)
        self._soon = QTimer(self, singleShot=True, interval=0)  # one question for all changes of a turn
        self._soon.timeout.connect(self.ask)
        self._build()
        self._connect()

    # -- orders ---------------------------------------------------------------------------------

    @Slot(object)
    def absorb(self, changes: Changes) -> None:
        """News of runs: curves at once, everything that is calculated when its time has come."""
        self.query.absorb(changes)
        news = {run for run, what in changes.items() if what & NEWS}
        if not news:
            return
        if any(changes[run] & {"config", "info"} for run in news):
            self._soon.start()
        chosen = {entry.id for entry in self.choice.chosen()}
        if not news & chosen:
            return
        if not self.isVisible():
            self._dirty = True
            return
        self.curves.draw_points()
        if not self._period.isActive():
            self._period.start()

    @Slot()
    def tick(self) -> None:
        """Time has passed: a query may ask for ages."""
        if self.isVisible():
            self.query.tick()

    @Slot()
    def ask(self) -> None:
        """What is asked, of the runs that are chosen now; nothing happens where both are as they were."""
        self._soon.stop()
        if not self.isVisible():
            self._dirty = True
            return
        chosen = self.choice.chosen()
        self._list_groups()
        self._tell_choice(chosen)
        kept = self._kept(chosen)
        asked_of = (tuple(entry.id for entry in chosen), self._question(), self.findings.brushes, kept)
        if asked_of == self._asked_of and not self._dirty:
            return
        self._asked_of, self._dirty = asked_of, False
        self._choose_face(chosen)
        if not chosen:
            self.findings.show(None)
            return
        self.desk.ask(self._request, urgent=True)

    @Slot()
    def copy_tsv(self) -> None:
        QGuiApplication.clipboard().setText(self._as_text(as_tsv))

    @Slot()
    def copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(self._as_text(as_markdown))

    @Slot(str)
    def write_report(self, path: str) -> None:
        """Of the runs that are compared now, by another process."""
        answer = self.findings.answer
        if answer is None:
            self.told.emit("There is nothing to report on yet: tick some runs")
            return
        self.told.emit(f"Writing a report on {len(answer.runs)} runs…")
        self._executor.submit(
            write_report, answer.runs, self._question(), path, done=self._reported, failed=self._not_reported,
            progress=self.told.emit,
        )  # fmt: skip

    @Slot(str)
    def keep(self, name: str) -> None:
        """Put the question and its runs down under a name."""
        name = name.strip()
        if not name:
            return
        runs = tuple(entry.id for entry in self.choice.chosen())
        self.sets.keep(name, self._question().kept(runs, self.query.text))
        self.told.emit(self.sets.trouble or f"Kept: {one_line(name, 80)}")

    @Slot(str)
    def open_set(self, name: str) -> None:
        kept = self.sets.named(name)
        if kept is None:
            return
        self.findings.unbrush_all()
        self.query.ask(kept.query)
        self.choice.choose(kept.runs)
        self.bar.show_question(Question.of(kept))
        missing = sum(self._store.entry(run) is None for run in kept.runs)
        gone = f"; {missing} of its {len(kept.runs)} runs are not in the window" if missing else ""
        self.told.emit(f"Opened: {one_line(name, 80)}{gone}")
        self.ask()

    @Slot(str)
    def drop_set(self, name: str) -> None:
        self.sets.drop(name)
        self.told.emit(self.sets.trouble or f"Deleted: {one_line(name, 80)}")

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.bar = CompareBar()
        self.chooser = CompareChooser(self.choice, self.query)
        self.chips = BrushRow(self.findings)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Parts of the comparison")
        self.tabs.setDocumentMode(True)
        self.summary, self.curves = CompareSummary(self.findings), CompareCurves(self.findings)
        self.values, self.diff = CompareValues(self.findings), CompareDiff(self.findings)
        self.parallel, self.scatter = CompareParallel(self.findings), CompareScatter(self.findings, self._card_of)
        self.importance, self.quality = CompareImportance(self.findings), CompareQuality(self.findings, self._card_of)
        hears = self._scores is not None and self._player is not None
        self.listen = CompareListen(self.findings, self._scores, self._player, self._card_of) if hears else None
        for title, part in self._parts():
            self.tabs.addTab(part, title)
        self.state = plain("", "muted")
        self.empty = EmptyState()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.tabs)
        self.stack.addWidget(self.empty)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.chips)
        column.addWidget(self.stack, 1)
        column.addWidget(self.state)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.chooser)
        split.addWidget(right)
        split.setSizes([210, 900])
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(split, 1)

    def _parts(self) -> Sequence[tuple[str, ComparePart]]:
        return (
            ("Summary", self.summary), ("Curves", self.curves), ("Table", self.values), ("Configuration", self.diff),
            ("Importance", self.importance), ("Parallel", self.parallel), ("Scatter", self.scatter),
            ("Quality", self.quality), *([] if self.listen is None else [("Listen", self.listen)]),
        )  # fmt: skip

    def _connect(self) -> None:
        self.choice.changed.connect(self._soon.start)
        self.query.answered.connect(self._asked_by_query)
        self.query.spelled.connect(self._asked_by_query)
        self.bar.asked.connect(self._soon.start)
        self.bar.report_wanted.connect(self._ask_for_file)
        self.bar.keep_wanted.connect(self._ask_for_name)
        self.bar.set_chosen.connect(self.open_set)
        self.bar.set_dropped.connect(self.drop_set)
        self.bar.sets_opened.connect(self._list_sets)
        self.findings.brushed.connect(self._soon.start)
        self.desk.answered.connect(self._show)
        self.desk.deepened.connect(self.findings.deepen)
        self.desk.failed.connect(self._fail)
        self.desk.busy_changed.connect(self._tell_state)
        self._selection.run_changed.connect(self._run_selected)
        self._run_selected(self._selection.run)
        self.values.run_chosen.connect(self._selection.set_run)
        self.values.copy_wanted.connect(self._copy)
        for part in (self.curves, self.parallel, self.scatter):
            part.run_clicked.connect(self._selection.set_run)
        self.scatter.play_wanted.connect(self._play)
        self.scatter.told.connect(self.told)
        self.importance.wanted.connect(self._deepen)
        if self._scores is not None:
            self._scores.assessed.connect(self._assessed)
        self.curves.sample_clicked.connect(self._play)

    # -- asking ---------------------------------------------------------------------------------

    def _found(self) -> set[str] | None:
        """What the query finds; None without one."""
        return set(self.query.matching()) if any(self.query.query.terms()) else None

    @Slot()
    def _asked_by_query(self, _runs: object = None) -> None:
        self.choice.asked_anew()

    def _question(self) -> Question:
        """As it stands above; a query that groups has the last word on that."""
        keys, asked = self.query.query.group_keys, self.bar.question
        return Question(keys, asked.metric, asked.figure, asked.at_equal, asked.target) if keys else asked

    def _kept(self, chosen: Sequence[RunEntry]) -> frozenset[str] | None:
        kept = self.findings.kept()
        return None if kept is None else kept & {entry.id for entry in chosen}

    def _request(self) -> Request:
        chosen = self.choice.chosen()
        data = [entry.data for entry in chosen]
        runs = self._light.of(data)
        return Request(runs, self._question(), self._kept(chosen), self._cards(chosen), self._cautions(data))

    def _cards(self, chosen: Sequence[RunEntry]) -> dict[str, dict[str, Any]]:
        """What the window found of samples whose run wrote no score card."""
        if self._scores is None:
            return {}
        found = {}
        for entry in chosen:
            for path, file in entry.data.samples.items():
                known = self._scores.assessment(path) if file.card is None else None
                if known is not None and known.card is not None:
                    found[path] = {"overall": known.card.overall}
        return found

    def _card_of(self, entry: RunEntry, path: str) -> Card:
        """The run's own card, else what the window found."""
        file = entry.data.samples.get(path)
        if file is not None and file.card is not None:
            return closeness(file.card)
        known = None if self._scores is None else self._scores.assessment(path)
        if known is None or known.card is None:
            return {}
        found = {name: metric.closeness for name, metric in known.card.metrics.items()}
        return {name: value for name, value in {"overall": known.card.overall, **found}.items() if value is not None}

    def _cautions(self, data: Sequence[Any]) -> tuple[str, ...]:
        said = []
        results = [axis.title for brush in self.findings.brushes
                   if (axis := self.findings.axis(brush.key)) is not None and axis.result]  # fmt: skip
        if results:
            said.append(f"These runs were picked by what they came to ({', '.join(results)}). Among runs that were "
                        "picked by results, tests find differences that are none and miss others.")  # fmt: skip
        thinned = self._light.thinned(data)
        if thinned:
            said.append(
                f"Of {thinned} runs with very many points the first, last, lowest and highest of every few are "
                "compared: final and best values are exact, mean heights close, spikes counted low."
            )
        return tuple(said)

    @Slot()
    def _renew(self) -> None:
        if not self.isVisible():
            self._dirty = True
        elif self.choice.chosen():
            self.desk.ask(self._request, urgent=False)

    # -- answers --------------------------------------------------------------------------------

    @Slot(object)
    def _show(self, answer: Answer) -> None:
        self._trouble = ""
        if not self.choice.chosen():  # they were unticked meanwhile
            return
        self.findings.show(answer)
        self.stack.setCurrentWidget(self.tabs)
        names = metric_order(name for entry in self._store.entries() for name in entry.data.series)
        self.bar.offer(self._offered, names, answer.frame.main)
        if not answer.early:
            self._deepened = ()
            self._deepen()
        self._tell_state()

    @Slot()
    def _deepen(self) -> None:
        """Test the other columns; grow forests only for somebody who looks at them."""
        answer = self.findings.answer
        due = self.findings.influences is None or time.monotonic() - self._grown > FORESTS_S
        forests = self.importance.isVisible() and due
        if (
            answer is not None
            and not answer.early
            and self._deepened not in ((answer.runs, True), (answer.runs, forests))
        ):
            self._deepened = answer.runs, forests
            self._grown = time.monotonic() if forests else self._grown
            self.desk.deepen(answer.comparison, [column.key for column in answer.columns()], forests)

    @Slot(object)
    def _assessed(self, assessment: Assessment) -> None:
        """The window has scored a sample: the quality of runs that write no cards is known better now."""
        if not self.isVisible():
            return
        files = [entry.data.samples.get(assessment.path) for entry in self.choice.chosen()]
        if any(file is not None and file.card is None for file in files):
            self.quality.renew()
            if not self._period.isActive():
                self._period.start()

    @Slot(str)
    def _fail(self, reason: str) -> None:
        self._trouble = f"The comparison failed: {reason}"
        if self.findings.answer is None:
            self.empty.say("These runs could not be compared.", one_line(reason))
        self._tell_state()

    @Slot()
    def _tell_state(self, _busy: object = None) -> None:
        answer = self.findings.answer
        words = [self._trouble] if self._trouble else []
        if answer is not None and not self._trouble:
            runs, groups = len(answer.runs), len(answer.frame.groups)
            words.append(f"{runs} run{'s' * (runs != 1)} in {groups} group{'s' * (groups != 1)}, figures taken "
                         f"{answer.frame.alignment}")  # fmt: skip
        if self.desk.busy:
            words.append("comparing…")
        self.state.setText(one_line("  ·  ".join(words)))

    def _list_groups(self) -> None:
        """Anew only where configurations or names are others: of a thousand runs it takes a tenth of a second."""
        entries, keys = self._store.entries(), self._question().group_by
        listed = keys, tuple((entry.id, id(entry.data.config), id(entry.data.info)) for entry in entries)
        if listed == self._listed:
            return
        self._listed = listed
        data, ids = [entry.data for entry in entries], [entry.id for entry in entries]
        groups = groups_of(data, keys, time.time()) if data else ()
        self.choice.show_groups([(group.label, tuple(ids[row] for row in group.members)) for group in groups])
        self._offered = [*differing(self.query.all_facts()), *OTHER_KEYS]

    def _tell_choice(self, chosen: Sequence[RunEntry]) -> None:
        self.chooser.tell(len(chosen), len(self._store.entries()))

    def _choose_face(self, chosen: Sequence[RunEntry]) -> None:
        if chosen:
            if self.findings.answer is None:
                self.empty.say(f"Comparing {len(chosen)} run{'s' * (len(chosen) != 1)}…", "")
            self.stack.setCurrentWidget(self.tabs if self.findings.answer is not None else self.empty)
            return
        if not self._store.entries():
            self.empty.say("No runs to compare.", "Open a folder with runs; those shown on Live stand here at once.")
        else:
            self.empty.say("No run is chosen.", "Tick runs on the left, a whole group by its head, or write a query.")
        self.stack.setCurrentWidget(self.empty)
        self.state.setText("")

    @Slot(object)
    def _run_selected(self, run_id: str | None) -> None:
        for part in (self.curves, self.parallel, self.scatter):
            part.selected = run_id
            part.renew()

    @Slot(str, str)
    def _play(self, run_id: str, path: str) -> None:
        self._selection.set_sample((run_id, path))
        self._selection.play_requested.emit(run_id, path)

    # -- kept sets, report, copies --------------------------------------------------------------

    @Slot()
    def _list_sets(self) -> None:
        self.sets.refresh()
        self.bar.show_sets(self.sets.names())

    @Slot()
    def _ask_for_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Keep this comparison")
        dialog.setLabelText("Name; one that is kept already is replaced")
        dialog.setTextValue(", ".join(self._question().group_by))
        dialog.setModal(False)
        dialog.textValueSelected.connect(self.keep)
        dialog.show()
        self._dialog = dialog

    @Slot()
    def _ask_for_file(self) -> None:
        if self.findings.answer is None:
            self.told.emit("There is nothing to report on yet: tick some runs")
            return
        kinds = ("One HTML file (*.html)", "Markdown, pictures and sounds beside it (*.md)", "Folder of CSV tables (*)")
        dialog = QFileDialog(self, "Report on this comparison", str(Path.home()), ";;".join(kinds))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        dialog.selectFile("comparison.html")
        dialog.filterSelected.connect(self._report_kind_chosen)
        dialog.setModal(False)
        dialog.fileSelected.connect(self.write_report)
        dialog.show()
        self._dialog = dialog

    @Slot(str)
    def _report_kind_chosen(self, kind: str) -> None:
        """The ending goes with the kind, for it says what is written."""
        if isinstance(self._dialog, QFileDialog):
            suffix = "md" if "*.md" in kind else "html" if "*.html" in kind else ""
            name = Path((self._dialog.selectedFiles() or ["comparison"])[0]).stem
            self._dialog.setDefaultSuffix(suffix)
            self._dialog.selectFile(f"{name}.{suffix}" if suffix else name)

    def _reported(self, path: str) -> None:
        self.told.emit(f"Report written: {path}")

    def _not_reported(self, reason: str) -> None:
        self.told.emit(f"The report could not be written: {reason}")

    @Slot(str)
    def _copy(self, kind: str) -> None:
        (self.copy_tsv if kind == "tsv" else self.copy_markdown)()

    def _as_text(self, write: Any) -> str:
        self.diff.refresh()
        answer = self.findings.answer
        if answer is None:
            return ""
        columns = answer.columns()
        tables = []
        for rows in (group_rows(self.findings), run_rows(self.findings)):
            header = ["", *(str(column) for column in columns)]
            tables.append((header, [[row.name, *(_exact(row.cells[column.key].value) for column in columns)]
                                    for row in rows]))  # fmt: skip
        tables.append(self.diff.model.as_text())
        return "\n".join(write(*table) for table in tables if table[1])

    # -- Qt -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._dirty:
            self._soon.start()


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)
