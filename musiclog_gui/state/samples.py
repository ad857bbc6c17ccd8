"""The generated samples of the runs as a table that grows while one works in it."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any, ClassVar, NamedTuple

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QColor

from musiclog.records import SampleFile
from musiclog.sample_marks import NONE, SampleBook, SampleMarks, stars

from ..theme import theme
from .assessment import Assessment
from .corpus import Scored
from .rows import KeyedRows
from .runs import RunEntry
from .wording import number, one_line, step_text, tool_tip

CLOSENESS_ROLE = Qt.ItemDataRole.UserRole + 10  # 0 to 1, or None: how near to human music the cell's value lies

# Names as in a score card, with the heading of their column and what they say.
METRICS = {
    "rhythm_consistency": ("Rhythm", "How steadily the onsets keep to a beat"),
    "rhythm_diversity": ("Variety", "How many note lengths take part"),
    "harmonic_coherence": ("Harmony", "How well the notes fit one key, and one another"),
    "melodic_contour": ("Melody", "Whether each voice moves in lines instead of leaping at random"),
    "dynamic_range": ("Dynamics", "Whether loudness varies, and in phrases"),
    "note_density": ("Density", "Notes a beat"),
    "pitch_range": ("Range", "Semitones from the lowest to the highest note"),
    "repetition": ("Repeats", "Whether bars come back, neither never nor always"),
    "structural_coherence": ("Structure", "Whether sections are longer than a bar"),
}
TREND_MS = 400
CORPUS = re.compile(r"(.*) \((\d+) pieces, [0-9a-f]{8}\)", re.DOTALL)  # how scores name the corpus they were made by
Key = tuple[str, str]  # run id, path


class Column(NamedTuple):
    """A column's heading, its tool tip and how many characters wide it is."""

    heading: str
    tip: str
    characters: int


COLUMNS = (
    Column("", "Play", 2),
    Column("Run", "The run that wrote the sample", 18),
    Column("Epoch", "", 8),
    Column("Step", "", 8),
    Column("Sample", "The file's name", 24),
    Column("Length", "Minutes and seconds", 7),
    Column("Notes", "", 6),
    Column("Quality", "Nearness to human music, or to the corpus that is chosen above, 0 to 1", 8),
    Column("Trend", "Against the mean of the run's epoch before", 6),
    Column("Rating", "What you think of it: click on a star", 8),
    Column("Tags", "What you noted: tags, and the beginning of the comment", 10),
    *(Column(heading, tip, max(9, len(heading) + 2)) for heading, tip in METRICS.values()),
)
PLAY, RUN, EPOCH, STEP, NAME, LENGTH, NOTES, OVERALL, TREND, RATING, TAGS = range(11)
FIRST_METRIC = 11
_METRIC_NAMES = tuple(METRICS)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One sample: who wrote it, and what is known of it; assessment None while that is being found out."""

    run_id: str
    run_name: str
    colour: str
    file: SampleFile
    assessment: Assessment | None = None

    @property
    def key(self) -> Key:
        return self.run_id, self.file.path

    @property
    def overall(self) -> float | None:
        card = self.assessment and self.assessment.card
        return card.overall if card else None

    @property
    def measure(self) -> str:
        """What the score was made by: the version of a corpus or of the calibration on human music."""
        card = self.assessment and self.assessment.card
        return card.calibration if card else ""

    @property
    def reason(self) -> str | None:
        """Why the file is broken."""
        return self.assessment.reason if self.assessment else None


class SampleTableModel(KeyedRows[SampleRow]):
    """Samples in the order they were written; rows keep their places, so that selection and scroll stay."""

    HEADERS: ClassVar[tuple[str, ...]] = tuple(column.heading for column in COLUMNS)
    RIGHT: ClassVar[frozenset[int]] = frozenset({EPOCH, STEP, *range(LENGTH, len(COLUMNS))} - {RATING, TAGS})

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._runs_of_path: dict[str, set[str]] = defaultdict(set)
        self._book = SampleBook()  # what the user noted; lasts as long as the program unless keep_marks() is called
        # (run, measure) -> epoch -> sum and count of qualities; scores by different measures are never compared
        self._epochs: dict[tuple[str, str], dict[float, tuple[float, int]]] = {}
        # Every new score changes the trends of later rows; told together, because views ask every row then.
        self._trends_told = QTimer(self, singleShot=True, interval=TREND_MS)
        self._trends_told.timeout.connect(self._tell_trends)

    # -- orders -----------------------------------------------------------------------------------

    def take_run(self, entry: RunEntry, known: dict[str, Assessment | None]) -> list[str]:
        """Become up to date with a run's samples; returns the paths that are new."""
        fresh = {(entry.id, path): file for path, file in entry.data.samples.items()}
        self.drop([key for key in self.keys() if key[0] == entry.id and key not in fresh])
        rows, new = {}, []
        for key, file in fresh.items():
            place = self.find(key)
            old = None if place is None else self.row(place)
            assessment = known.get(file.path) if old is None else old.assessment
            rows[key] = SampleRow(entry.id, entry.name, entry.colour, file, assessment)
            self._runs_of_path[file.path].add(entry.id)
            if old is None:
                new.append(file.path)
        self.put(rows)
        self._forget_epochs(entry.id)
        return new

    def drop_run(self, run_id: str) -> None:
        self.drop([key for key in self.keys() if key[0] == run_id])
        self._forget_epochs(run_id)

    def assess(self, assessment: Assessment) -> None:
        for run_id in self._runs_of_path.get(assessment.path, ()):
            place = self.find((run_id, assessment.path))
            if place is None:
                continue
            row = self.row(place)
            self.put({row.key: SampleRow(row.run_id, row.run_name, row.colour, row.file, assessment)})
            self._forget_epochs(run_id)
            self._trends_told.start()

    def keep_marks(self, book: SampleBook) -> None:
        """Stars, tags and comments from here on come from this book and go into it."""
        self._book = book
        self._tell_marks()

    def mark(self, key: Key | None, **changes: Any) -> bool:
        """Note stars=, tags= or comment= of a sample; False where it cannot be known again (not read yet, broken)."""
        row = self.sample(key)
        digest = row.assessment.digest if row is not None and row.assessment is not None else None
        if row is None or digest is None:
            return False
        self._book.change(digest, name=row.file.name, **changes)
        self._tell_marks()
        return True

    @Slot()
    def refresh_marks(self) -> None:
        """Take over what another window noted."""
        if self._book.refresh():
            self._tell_marks()

    def marks(self, row: SampleRow) -> SampleMarks:
        digest = row.assessment.digest if row.assessment is not None else None
        return NONE if digest is None else self._book.marks(digest)

    def known_tags(self) -> list[str]:
        return self._book.tags()

    def marks_trouble(self) -> str | None:
        return self._book.trouble

    def _tell_marks(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0, RATING), self.index(self.rowCount() - 1, TAGS))

    @Slot()
    def _tell_trends(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0, TREND), self.index(self.rowCount() - 1, TREND))

    # -- questions --------------------------------------------------------------------------------

    def sample(self, key: Key | None) -> SampleRow | None:
        place = None if key is None else self.find(key)
        return None if place is None else self.row(place)

    def trend(self, row: SampleRow) -> float | None:
        """Quality against the mean of the nearest earlier epoch of the run that has one."""
        if row.overall is None or row.file.epoch is None:
            return None
        means = self._means(row.run_id, row.measure)
        earlier = [epoch for epoch in means if epoch < row.file.epoch]
        if not earlier:
            return None
        total, count = means[max(earlier)]
        return row.overall - total / count

    def closeness_before(self, row: SampleRow) -> dict[str, float]:
        """Metric -> its mean closeness over the samples of the nearest earlier epoch of the run that has scores."""
        if row.file.epoch is None:
            return {}
        earlier = [epoch for epoch in self._means(row.run_id, row.measure) if epoch < row.file.epoch]
        found: dict[str, list[float]] = {}
        for other in self._rows:
            card = other.assessment.card if other.assessment is not None else None
            if not earlier or card is None or other.run_id != row.run_id or other.file.epoch != max(earlier):
                continue
            if other.measure != row.measure:
                continue
            for name, metric in card.metrics.items():
                if metric.closeness is not None:
                    found.setdefault(name, []).append(metric.closeness)
        return {name: fmean(values) for name, values in found.items()}

    def of_epoch(self, run_id: str, epoch: float) -> list[SampleRow]:
        return [row for row in self._rows if row.run_id == run_id and row.file.epoch == epoch]

    def scored(self, run_id: str, measure: str) -> list[Scored]:
        """What is known of the run's samples of known epochs that were scored by this measure."""
        found = []
        for row in self._rows:
            if row.run_id != run_id or row.measure != measure or row.overall is None or row.file.epoch is None:
                continue
            assert row.assessment is not None
            assert row.assessment.card is not None
            card = row.assessment.card
            found.append(Scored(row.file.epoch, row.overall, card.bars, dict(card.features)))
        return found

    def _means(self, run_id: str, measure: str) -> dict[float, tuple[float, int]]:
        if (run_id, measure) not in self._epochs:
            means: dict[float, tuple[float, int]] = {}
            for row in self._rows:
                known = row.overall is not None and row.file.epoch is not None
                if known and row.run_id == run_id and row.measure == measure:
                    total, count = means.get(row.file.epoch, (0.0, 0))
                    means[row.file.epoch] = (total + row.overall, count + 1)
            self._epochs[run_id, measure] = means
        return self._epochs[run_id, measure]

    def _forget_epochs(self, run_id: str) -> None:
        for key in [key for key in self._epochs if key[0] == run_id]:
            del self._epochs[key]

    # -- cells ------------------------------------------------------------------------------------

    def key(self, row: SampleRow) -> Key:
        return row.key

    def text(self, row: SampleRow, column: int) -> str:
        told = {PLAY: "", RUN: one_line(row.run_name), NAME: one_line(row.file.name),
                EPOCH: step_text(row.file.epoch), STEP: step_text(row.file.step)}.get(column)  # fmt: skip
        if told is not None:
            return told
        if column in {RATING, TAGS}:
            return self._marks_text(row, column)
        if row.assessment is None:
            return "…" if column in {LENGTH, NOTES, OVERALL} else ""
        if row.assessment.reason is not None:
            return "broken" if column == OVERALL else ""
        return self._figure(row, column)

    def sort_value(self, row: SampleRow, column: int) -> Any:
        if column in {PLAY, RUN, NAME}:
            return self.text(row, column).casefold()
        if column == TREND:
            return _sortable(self.trend(row))
        if column == RATING:
            return self.marks(row).stars
        if column == TAGS:
            return self._marks_text(row, TAGS).casefold()
        known = row.assessment
        told = {EPOCH: row.file.epoch, STEP: row.file.step, LENGTH: known and known.length_s,
                NOTES: known and known.note_count}  # fmt: skip
        return _sortable(told[column] if column in told else self._value(row, column))

    def tip(self, row: SampleRow, column: int) -> str | None:
        if row.reason is not None:
            return tool_tip(f"{row.file.name}\n{row.reason}")
        if column == NAME:
            return tool_tip(f"{row.file.name}\n{row.file.path}")
        if column == RUN:
            return tool_tip(row.run_name)
        if column in {RATING, TAGS}:
            return self._marks_tip(row)
        if column >= OVERALL and column != TREND:
            return self._metric_tip(row, column)
        return None

    def decoration(self, row: SampleRow, column: int, role: int) -> Any:
        if role == CLOSENESS_ROLE and (column == OVERALL or column >= FIRST_METRIC):
            return self._closeness(row, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == RUN:
            return QColor(row.colour)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section].tip or None
        return super().headerData(section, orientation, role)

    def _marks_text(self, row: SampleRow, column: int) -> str:
        marks = self.marks(row)
        if column == RATING:
            return stars(marks) if marks.stars else ""
        return one_line("  ".join(part for part in (" ".join(f"#{tag}" for tag in marks.tags), marks.comment) if part))

    def _marks_tip(self, row: SampleRow) -> str | None:
        marks = self.marks(row)
        if not marks.comment:
            return tool_tip(", ".join(marks.tags)) if marks.tags else None
        day = "" if marks.commented is None else time.strftime("\n%Y-%m-%d %H:%M", time.localtime(marks.commented))
        return tool_tip(f"{marks.comment}{day}")

    def _figure(self, row: SampleRow, column: int) -> str:
        assert row.assessment is not None
        if column == LENGTH:
            return clock(row.assessment.length_s or 0.0)
        if column == NOTES:
            return f"{row.assessment.note_count:,}"
        if column == TREND:
            return signed(self.trend(row))
        value = self._value(row, column)
        return "–" if value is None else f"{value:.2f}" if column == OVERALL else short(value)

    def _metric(self, row: SampleRow, column: int) -> Any:
        card = row.assessment and row.assessment.card
        return card.metrics.get(_METRIC_NAMES[column - FIRST_METRIC]) if card and column >= FIRST_METRIC else None

    def _value(self, row: SampleRow, column: int) -> float | None:
        if column == OVERALL:
            return row.overall
        metric = self._metric(row, column)
        return metric.value if metric else None

    def _closeness(self, row: SampleRow, column: int) -> float | None:
        if column == OVERALL:
            return row.overall
        metric = self._metric(row, column)
        return metric.closeness if metric else None

    def _metric_tip(self, row: SampleRow, column: int) -> str | None:
        metric = self._metric(row, column)
        if metric is None:
            return None
        meaning = METRICS[_METRIC_NAMES[column - FIRST_METRIC]][1]
        if metric.value is None:
            return tool_tip(f"{meaning}: {metric.reason}")
        near = "" if metric.closeness is None else f", {metric.closeness:.0%} near to {measure_words(row.measure)}"
        return tool_tip(f"{meaning}: {number(float(metric.value))}{near}")

    def _ink(self, row: SampleRow, column: int) -> QColor | None:
        if row.reason is not None and column in {NAME, OVERALL}:
            return theme().qcolor("critical")
        if row.assessment is None and column >= LENGTH:
            return theme().qcolor("muted")
        if column == TREND:
            change = self.trend(row)
            if change is None or abs(change) < 0.005:
                return theme().qcolor("muted")
            return theme().qcolor("good" if change > 0 else "warning")
        return None


def measure_words(measure: str) -> str:
    """Whose music a score was measured by: the folder “pop909” (909 pieces), or human music.

    Called a folder, because some are named as what everybody has: one named "human" is not what is built in.
    """
    corpus = CORPUS.fullmatch(measure)
    return f"the folder “{one_line(corpus[1])}” ({int(corpus[2]):,} pieces)" if corpus else "human music"


def clock(seconds: float) -> str:
    """Minutes and seconds as on a player: 0:07, 12:30."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def signed(change: float | None) -> str:
    """A change with its sign and two places; a dash where there is none to tell."""
    if change is None:
        return "–"
    return "±0.00" if abs(change) < 0.005 else f"{change:+.2f}".replace("-", "−")


def short(value: float) -> str:
    """Three significant digits, which a narrow cell holds."""
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{round(value, places) + 0.0:,.{places}f}".replace("-", "−")


def _sortable(value: float | None) -> float:
    """What is unknown sorts below everything known."""
    return -1e300 if value is None else float(value)
