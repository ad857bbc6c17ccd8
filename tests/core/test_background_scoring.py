"""Samples are scored beside the training: what comes back, what it costs when it fails, and that nothing is left."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from musiclog import Run, background_scoring, open_run, scored_samples
from musiclog.notes import make_notes, midi_bytes, write_midi
from musiclog.processes import is_gone

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


@pytest.fixture(autouse=True)
def patient_and_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the end of a run would not wait long enough for a process that lets everybody else go first."""
    monkeypatch.setattr(background_scoring, "NICE", 0)
    monkeypatch.setattr(scored_samples, "CLOSE_S", 60.0)


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a card has come back."""
    event = threading.Event()
    monkeypatch.setattr(scored_samples.ScoredSamples, "card_arrived", lambda *_: event.set())
    return event


def tune(seed: int = 0, bars: int = 8) -> bytes:
    return midi_bytes(make_notes([(i / 2, 0.5, SCALE[(i * (seed + 3)) % 8], 60 + i % 30) for i in range(bars * 8)]))


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def quality(run: Run) -> dict[float, dict[str, Any]]:
    """Step -> the line that has quality metrics."""
    rows = lines(run.folder / "metrics.jsonl")
    return {row["step"]: row for row in rows if any(name.startswith("quality/") for name in row)}


def worker_of(run: Run) -> subprocess.Popen[bytes]:
    worker = run._scoring._scoring._worker
    assert worker is not None
    return worker


def test_samples_get_cards_and_each_evaluation_a_line_of_metrics(tmp_path: Path) -> None:
    with Run(tmp_path / "run", score_samples=True) as run:
        for epoch in (1, 2):
            run.epoch_start(epoch)
            run.log(10 * epoch, total_loss=1.0)
            paths = [run.log_sample(tune(seed + epoch)) for seed in range(3)]
            run.epoch_end(epoch)

    cards = [orjson.loads(path.with_suffix(".json").read_bytes()) for path in paths]
    found = quality(run)
    assert sorted(found) == [10, 20]
    assert found[20]["epoch"] == 2
    mean = sum(card["overall"] for card in cards) / 3
    assert found[20]["quality/overall"] == pytest.approx(mean, abs=1e-5)
    assert all(card["findings"] is not None for card in cards)
    told = [event for event in lines(run.folder / "events.jsonl") if event["event"] == "card"]
    assert [event["file"] for event in told[3:]] == [path.relative_to(run.folder).as_posix() for path in paths]
    assert run.notices.counts == {}


def test_without_a_corpus_the_band_is_that_of_human_music(tmp_path: Path) -> None:
    with Run(tmp_path / "run", score_samples=True) as run:
        run.log_sample(tune(), step=1)

    band = open_run(run.folder).data.quality_bands["quality/overall"]
    assert 0.5 < band.low < band.typical < band.high < 1
    assert (band.source, band.length) == ("human music of several styles", "8 bars")


def test_the_monitor_hears_of_cards_that_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []
    monkeypatch.setattr("musiclog.anomaly.Monitor.event", lambda _, kind, step, __: heard.append((kind, step)) or [])
    with Run(tmp_path / "run", score_samples=True) as run:
        run.log_sample(tune(), step=7)
    assert heard.count(("card", 7)) == 1


def test_with_a_corpus_samples_are_compared_with_it_and_its_band_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for seed in range(24):
        (tmp_path / "corpus").mkdir(exist_ok=True)
        (tmp_path / "corpus" / f"{seed}.mid").write_bytes(tune(seed, bars=16))
    with Run(tmp_path / "run", reference=tmp_path / "corpus") as run:
        for seed in range(8):
            run.log_sample(tune(seed), step=1)

    metrics = quality(run)[1]
    assert metrics["quality/copied_share"] == 1.0
    assert {"quality/corpus_overlap", "quality/frechet", "quality/frechet_chance"} <= set(metrics)
    (band,) = (event for event in lines(run.folder / "events.jsonl") if event["event"] == "quality_band")
    assert band["metric"] == "quality/overall"
    assert 0 < band["low"] <= band["typical"] <= band["high"] <= 1
    assert band["source"].startswith("corpus (24 pieces")
    assert band["length"] == "8 bars"
    card = orjson.loads(next((run.folder / "samples").glob("*.json")).read_bytes())
    assert card["calibration"].startswith("corpus (24 pieces")
    assert card["copying"]["share"] == 1.0

    data = open_run(run.folder).data
    assert data.quality_bands["quality/overall"].high == band["high"]
    assert {"quality/overall", "quality/frechet"} <= set(data.series)


def test_a_corpus_that_cannot_be_used_is_said_and_human_music_stands_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Run(tmp_path / "run", reference=tmp_path / "nowhere") as run:
        run.log_sample(tune(), step=1)
    assert quality(run)[1]["quality/overall"] > 0
    assert "because the reference fails: nowhere: no MIDI file" in capsys.readouterr().err


def test_a_sample_that_cannot_be_read_costs_only_its_own_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Run(tmp_path / "run", score_samples=True) as run:
        run.log_sample(b"MThd and nothing else", step=1, name="bad")
        run.log_sample(tune(), step=1, name="good")
    assert (run.folder / "samples" / "good.json").exists()
    assert not (run.folder / "samples" / "bad.json").exists()
    assert "a sample has no score: bad.mid" in capsys.readouterr().err
    assert 1 in quality(run)


def test_a_card_that_was_given_is_not_made_again(tmp_path: Path) -> None:
    with Run(tmp_path / "run", score_samples=True) as run:
        path = run.log_sample(tune(), step=1, card={"overall": 0.25})
    assert orjson.loads(path.with_suffix(".json").read_bytes()) == {"overall": 0.25}
    assert run._scoring._scoring._thread is None


def test_scoring_is_off_unless_asked_for(tmp_path: Path) -> None:
    with Run(tmp_path / "a") as run:
        assert run._scoring is None
    with Run(tmp_path / "b", reference=tmp_path, score_samples=False) as run:
        assert run._scoring is None


def test_a_program_that_cannot_be_started_costs_scores_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with Run(tmp_path / "run", score_samples=True, monitor=False) as run:
        for step in range(6):
            assert run.log_sample(tune(), step=step) is not None
    said = capsys.readouterr().err
    assert "the scoring process ended" in said
    assert "no more samples are scored" in said
    assert run.state == "finished"
    assert quality(run) == {}


def test_more_samples_than_can_wait_go_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(background_scoring, "MOST_WAITING", 0)
    with Run(tmp_path / "run", score_samples=True) as run:
        assert run.log_sample(tune(), step=1) is not None
    assert "others go without" in capsys.readouterr().err


posix = pytest.mark.skipif(os.name != "posix", reason="signals and fork are POSIX")


@posix
def test_a_scoring_process_that_is_killed_is_started_again(tmp_path: Path, arrived: threading.Event) -> None:
    with Run(tmp_path / "run", score_samples=True) as run:
        run.log_sample(tune(), step=1)
        assert arrived.wait(60)
        worker_of(run).kill()
        worker_of(run).wait()
        for step in (2, 3):
            run.log_sample(tune(step), step=step)
    assert 3 in quality(run)
    assert run.notices.counts["scoring 1"] == 1


@posix
def test_the_end_of_a_run_does_not_wait_for_a_process_that_hangs(
    tmp_path: Path, arrived: threading.Event, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scored_samples, "CLOSE_S", 0.2)
    with Run(tmp_path / "run", score_samples=True) as run:
        run.log_sample(tune(), step=1)
        assert arrived.wait(60)
        worker = worker_of(run)
        worker.send_signal(signal.SIGSTOP)
        run.log_sample(tune(1), step=2)
    assert run.state == "finished"
    assert "before 1 samples had their score" in capsys.readouterr().err
    assert worker.returncode is not None  # ended, and nobody's zombie


FORK_AND_DIE = """
    import os, signal, sys, threading
    import musiclog
    from musiclog.scored_samples import ScoredSamples
    arrived = threading.Event()
    ScoredSamples.card_arrived = lambda *_: arrived.set()
    run = musiclog.Run(sys.argv[1], score_samples=True, monitor=False)
    sample = run.log_sample(sys.stdin.buffer.read(), step=1)
    arrived.wait(60)
    worker = run._scoring._scoring._worker.pid
    child = os.fork()
    if child == 0:  # a data loader's worker: it lives on when the training is killed
        run.log(2, loss=1.0)
        run.log_sample(sample, step=2)
        print(worker, os.getpid(), flush=True)
    signal.pause()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of the end of somebody else's child")
def test_after_kill_9_the_scoring_process_ends_though_a_forked_child_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FORK_AND_DIE), str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as training:
        assert training.stdin is not None
        assert training.stdout is not None
        training.stdin.write(tune())
        training.stdin.close()
        worker, child = map(int, training.stdout.readline().split())
        worker_end = os.pidfd_open(worker)
        training.kill()
        ended, _, _ = select.select([worker_end], [], [], 60)
        lived = not is_gone(child)
        os.kill(child, signal.SIGKILL)
        os.close(worker_end)
    assert ended
    assert lived
    assert [row["step"] for row in lines(tmp_path / "run" / "metrics.jsonl")] == [2]


LIGHT = """
    import sys
    import musiclog
    with musiclog.Run(sys.argv[1], score_samples=True) as run:
        run.log(1, loss=1.0)
        run.log_sample(sys.argv[2])
    heavy = {"numpy", "symusic", "mido", "rich"} & set(sys.modules)
    sys.exit(f"imported {heavy}" if heavy else 0)
"""


def test_the_training_imports_nothing_heavy_for_it(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", make_notes([(beat, 1, 60) for beat in range(8)]))
    command = [sys.executable, "-c", textwrap.dedent(LIGHT), str(tmp_path / "run"), str(tmp_path / "a.mid")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
