"""Have runs compared in a worker process; an older answer never takes the place of a newer one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from musiclog.records import News, RunRef

from ..state.compare_answer import Answer, Depth, about
from ..state.compare_question import Question
from .pool import Executor, Task

if TYPE_CHECKING:
    from musiclog.compare import Comparison
    from musiclog.compare.comparison import Figure
    from musiclog.compare.quality import Cards
    from musiclog.run_data import RunData

FOLLOWS = ("The figures are here; the tests follow in a moment.",)
# Tests of other columns are told by the dozen: each message is a repaint.
AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Request:
    """Runs as light_runs makes them, what is asked, and the paths of those that brushes leave (None: all)."""

    runs: tuple[tuple[RunRef, News], ...]
    question: Question
    kept: frozenset[str] | None = None
    cards: Cards | None = None
    notices: tuple[str, ...] = ()


class ComparisonDesk(QObject):
    """One comparison at a time. What is asked while one is under way waits, unless the user waits for it."""

    answered = Signal(object)  # Answer
    deepened = Signal(object)  # Depth, as far as it is known
    failed = Signal(str)  # why there is no answer
    busy_changed = Signal(bool)

    def __init__(self, executor: Executor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = executor
        self._task: Task | None = None
        self._depth: Task | None = None
        self._next: Callable[[], Request] | None = None
        self._next_depth: tuple[Comparison, tuple[str, ...], bool] | None = None
        self._ready = False

    @property
    def busy(self) -> bool:
        return self._task is not None

    def ask(self, make: Callable[[], Request], *, urgent: bool) -> None:
        """Have it compared; make() is called when a worker is free, so that it sees the runs as they are then."""
        self._next = make
        if urgent and self._ready:
            for task in (self._task, self._depth):
                if task is not None:
                    task.cancel()
            self._task = self._depth = self._next_depth = None
        self._go_on()

    def deepen(self, comparison: Comparison, keys: Sequence[str], with_influences: bool) -> None:
        """Test these columns too, and find what the settings explain, which takes seconds."""
        self._next_depth = comparison, tuple(keys), with_influences
        self._go_on()

    # -- inside -----------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """One thing at a time: a second worker would have to import everything again."""
        if self._task is not None or self._depth is not None:
            return
        if self._next_depth is not None:
            arguments, self._next_depth = self._next_depth, None
            told = {"done": self._take_depth, "failed": self._fail_depth, "progress": self.deepened.emit}
            task = self._executor.submit(deepened, *arguments, **told, urgent=True)
            self._depth = self._depth if task.finished else task
        elif self._next is not None:
            self._begin(self._next)

    def _begin(self, make: Callable[[], Request]) -> None:
        if not self._ready:
            # A worker that starts reads its pipe only after a second; what is large is sent when it listens.
            self._hold(self._executor.submit(get_ready, done=self._start, failed=self._fail, urgent=True))
            return
        self._next = None
        told = {"done": self._take, "failed": self._fail, "progress": self.answered.emit}
        self._hold(self._executor.submit(compared, make(), **told, urgent=True))

    def _hold(self, task: Task) -> None:
        if not task.finished:  # else it has told its answer, and perhaps another one was begun since
            self._task = task
            self.busy_changed.emit(True)

    def _start(self, _nothing: None) -> None:
        self._task, self._ready = None, True
        self._go_on()

    def _take(self, answer: Answer) -> None:
        self._task = None
        self.answered.emit(answer)
        self._go_on()
        self.busy_changed.emit(self.busy)

    def _take_depth(self, depth: Depth) -> None:
        self._depth = None
        self.deepened.emit(depth)
        self._go_on()

    def _fail_depth(self, reason: str) -> None:
        self._depth = None
        self.failed.emit(reason)

    def _fail(self, reason: str) -> None:
        self._task = self._next = None
        self.failed.emit(reason)
        self.busy_changed.emit(False)


# -- in the worker process --------------------------------------------------------------------------

# scipy and what it brings take three seconds to import: only workers do.


def get_ready() -> None:
    """Be there: a worker that answers has started."""
    import musiclog.compare  # noqa: F401, PLC0415


def compared(request: Request) -> Generator[Answer | None, None, Answer]:
    """The answer; before it, the first time, everything that needs no tests, while their libraries are imported."""
    from musiclog.compare import compare, frame_of  # noqa: PLC0415
    from musiclog.compare.settings import settings_of  # noqa: PLC0415
    from musiclog.listening.answers import books, books_folder  # noqa: PLC0415
    from musiclog.listening.of_runs import strengths_of_runs  # noqa: PLC0415
    from musiclog.run_data import RunData  # noqa: PLC0415

    runs = []
    for ref, news in request.runs:
        data = RunData(ref)
        data.absorb(news)
        runs.append(data)
    asked = request.question
    kept = [data for data in runs if request.kept is None or data.ref.path in request.kept]
    if "scipy.stats" not in sys.modules:
        yield _at_once(request, runs, kept)
    heard = strengths_of_runs(runs, books(books_folder()))
    where = {"metric": asked.metric, "at_equal": asked.at_equal, "target": asked.target, "cards": request.cards,
             "strengths": heard}  # fmt: skip
    found = compare(kept, group_by=asked.group_by, figure=cast("Figure", asked.figure), **where)  # type: ignore[arg-type]
    everything = found.frame if len(kept) == len(runs) else frame_of(runs, group_by=asked.group_by, **where)  # type: ignore[arg-type]
    settings = found.settings if len(kept) == len(runs) else settings_of(runs)
    paths = tuple(data.ref.path for data in runs)
    return Answer(found, tuple(data.ref.path for data in kept), everything, paths, settings, request.notices)


def _at_once(request: Request, runs: Sequence[RunData], kept: Sequence[RunData]) -> Answer:
    """What the runs came to, without what is said of it."""
    from musiclog.compare import Comparison, differences, frame_of, row_of, table_of  # noqa: PLC0415
    from musiclog.compare.settings import settings_of  # noqa: PLC0415

    asked = request.question
    where = {"metric": asked.metric, "at_equal": asked.at_equal, "target": asked.target, "cards": request.cards}
    frame, everything = (
        frame_of(each, group_by=asked.group_by, **where)
        for each in (kept, runs)  # type: ignore[arg-type]
    )
    keys = {column.key for column in frame.columns}
    names = (f"{asked.figure} {frame.main}", asked.figure, f"final {frame.main}")
    main = next((key for key in names if key in keys), None)
    diff = differences([data.config for data in kept])
    found = Comparison(table_of(row_of(data) for data in kept), diff, frame, main, {}, (), settings_of(kept))
    paths = tuple(data.ref.path for data in runs)
    return Answer(
        found, tuple(data.ref.path for data in kept), everything, paths, settings_of(runs), FOLLOWS, early=True
    )


def deepened(
    comparison: Comparison, keys: Sequence[str], with_influences: bool
) -> Generator[Depth | None, None, Depth]:
    from musiclog.errors import ExtraMissing  # noqa: PLC0415

    known, studies = about(comparison), dict(comparison.tests)
    try:
        for number, key in enumerate(keys, 1):
            if key not in studies:
                studies[key] = comparison.test(key)
            yield Depth(known, dict(studies)) if not number % AT_ONCE else None
        if not with_influences or comparison.main is None:
            return Depth(known, studies)
        yield Depth(known, dict(studies))
        return Depth(known, studies, comparison.influences())
    except ExtraMissing as error:
        return Depth(known, studies, why=str(error))


def write_report(paths: Sequence[str], question: Question, target: str) -> Generator[str, None, str]:
    """The runs as they are on disk now: HTML, Markdown or a folder of CSV tables, as the target's ending says."""
    from musiclog.reporting import Wanted  # noqa: PLC0415
    from musiclog.reporting import write_report as write  # noqa: PLC0415

    figure = cast("Figure", question.figure)
    wanted = Wanted(question.group_by, question.metric, figure, question.at_equal, question.target)
    return write(paths, target, wanted)
