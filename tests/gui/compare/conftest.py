"""Twelve runs on disk: two learning rates, six seeds each, with samples and cards; and the page that compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import musiclog
from musiclog import open_run
from musiclog.comparison_sets import ComparisonSets
from musiclog.notes import make_notes, write_midi
from musiclog.records import News, Points, RunInfo, RunRef
from musiclog.run_data import RunData
from musiclog.user_data import UserData
from musiclog_gui.state.run_marks import RunMarks
from musiclog_gui.state.run_query import RunQuestion
from musiclog_gui.state.runs import RunEntry, RunStore
from musiclog_gui.state.selection import Selection
from musiclog_gui.views.compare_page import ComparePage
from musiclog_gui.work.frame_clock import FrameClock
from musiclog_gui.work.player import Player
from musiclog_gui.work.pool import Executor, InlineExecutor, Pool
from musiclog_gui.work.score_desk import ScoreDesk
from musiclog_gui.work.sound_output import SilentOutput
from musiclog_gui.work.synth_desk import SynthDesk

METRICS = ("rhythm_consistency", "rhythm_diversity", "harmonic_coherence", "melodic_contour", "dynamic_range",
           "note_density", "pitch_range", "repetition", "structural_coherence")  # fmt: skip
SEEDS = range(6)
HOSTILE = "<b>bold</b> & \u202eevil\nsecond line " + "x" * 3_000


def write_run(folder: Path, rate: float, seed: int) -> None:
    """A loss that ends near 1 at the rate 0.001 and near 2 at 0.01, and two samples with their cards."""
    noise = np.random.default_rng(seed + 100 * (rate > 0.005))
    end = (2.0 if rate > 0.005 else 1.0) + 0.05 * noise.standard_normal()
    config = {"training": {"learning_rate": rate, "seed": seed}, "model": {"hidden": 64}}
    with musiclog.Run(folder, config=config, score_samples=False) as run:
        for step in range(20):
            run.log(step, total_loss=end + 3 / (1 + step), gradient_norm=1 + 0.1 * noise.random())
        for step, prompt in ((10, "p1"), (19, "p1"), (19, "p2")):
            quality = round((0.5 if rate > 0.005 else 0.8) + 0.02 * float(noise.standard_normal()), 4)
            path = folder.parent / "scratch.mid"
            write_midi(path, make_notes([(beat, 1, 60 + (beat + seed) % 12, 80) for beat in range(8)]))
            metrics = {name: {"value": quality, "closeness": quality} for name in METRICS}
            run.log_sample(path, step=step, prompt=prompt, card={"overall": quality, "metrics": metrics})
            path.unlink()


@pytest.fixture(scope="session")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> list[RunData]:
    """The runs as they are read."""
    folder = tmp_path_factory.mktemp("twelve")
    for rate in (0.001, 0.01):
        for seed in SEEDS:
            write_run(folder / f"rate{rate}-seed{seed}", rate, seed)
    return [open_run(path).data for path in sorted(folder.iterdir())]


class Bench:
    """A page with its store; work is done in this process unless a pool is handed in."""

    def __init__(self, qtbot: Any, executor: Executor | None = None, **more: Any) -> None:
        self.qtbot = qtbot
        self.store, self.selection, self.clock = RunStore(), Selection(), FrameClock()
        self.store.touched.connect(self.clock.touch)
        marks = RunMarks(self.store, UserData())
        self.sets = ComparisonSets()
        self.query = RunQuestion(self.store, marks)
        self.told: list[str] = []
        self.player: Any = None
        inline = executor or InlineExecutor()
        self.page = ComparePage(self.store, self.selection, inline, self.query, sets=self.sets, **more)
        self.page.told.connect(self.told.append)
        self.clock.frame.connect(self.page.absorb)
        qtbot.addWidget(self.page)
        self.page.resize(1100, 720)
        self.page.show()
        self.page.ask()

    def add(self, *runs: RunData) -> list[RunEntry]:
        entries = [self.store.add(data.ref.path, "/runs", data) for data in runs]
        self.settle()
        return entries

    def made(self, name: str, config: dict[str, Any] | None = None, **metrics: list[float]) -> RunEntry:
        """A run that is fed by hand."""
        entry = self.store.add(f"/runs/{name[:40]}", "/runs", RunData(RunRef(f"/runs/{name[:40]}", "made", name)))
        points = {metric: _points(values) for metric, values in metrics.items()}
        self.store.absorb(entry.id, News(info=RunInfo(name, "made", started=1e9), config=config or {}, points=points))
        self.settle()
        return entry

    def grow(self, entry: RunEntry, **metrics: list[float]) -> None:
        known = {name: len(series) for name, series in entry.data.series.items()}
        points = {metric: _points(values, known.get(metric, 0)) for metric, values in metrics.items()}
        self.store.absorb(entry.id, News(points=points))
        self.clock.flush()

    def settle(self) -> None:
        """What the page does at the end of the turn, now."""
        self.clock.flush()
        self.page.choice.settle()
        self.page.ask()

    def open(self, title: str) -> Any:
        """The part under this tab, in sight."""
        tabs = self.page.tabs
        number = next(number for number in range(tabs.count()) if tabs.tabText(number) == title)
        tabs.setCurrentIndex(number)
        return tabs.widget(number)

    @property
    def answer(self) -> Any:
        return self.page.findings.answer


def _points(values: list[float], start: int = 0) -> Points:
    steps = np.arange(start, start + len(values), dtype=float)
    return Points(steps, 1e9 + steps, np.zeros(len(values)), np.array(values, dtype=float))


@pytest.fixture
def bench(qtbot: Any) -> Bench:
    return Bench(qtbot)


@pytest.fixture
def bench_with_pool(qtbot: Any) -> Iterator[Bench]:
    """The same with real worker processes."""
    pool = Pool()
    yield Bench(qtbot, pool)
    pool.close()


@pytest.fixture
def compared(bench: Bench, twelve: list[RunData]) -> Bench:
    """The page with all twelve."""
    bench.add(*twelve)
    return bench


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def hearing(qtbot: Any, twelve: list[RunData], tmp_path: Path) -> Iterator[Bench]:
    """The page with twelve runs and a player whose clock stands."""
    executor = InlineExecutor()
    scores = ScoreDesk(executor, tmp_path)
    player = Player(SynthDesk(executor, tmp_path), SilentOutput(lambda: 0.0))
    bench = Bench(qtbot, executor, scores=scores, player=player)
    bench.player = player
    bench.add(*twelve)
    yield bench
    player.close()
