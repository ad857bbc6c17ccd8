"""Scoring folders: what was done is not done again, what is broken is named, and nothing is lost on the way."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from musiclog import cli
from musiclog.errors import ExtraMissing, MusiclogError
from musiclog.notes import make_notes, midi_bytes, read_notes
from musiclog.quality import Reference, kept, many
from musiclog.quality.many import Task, fingerprint, score_here, score_on_cluster
from musiclog.quality.scoring import score_and_copies
from musiclog.score_table import COLUMNS, ScoreTable, flat

SCALE = np.array((60, 62, 64, 65, 67, 69, 71, 72))


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(kept, "user_cache_path", lambda *_names, **_options: tmp_path_factory.mktemp("cache"))


def write_tunes(folder: Path, count: int, first: int = 0) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.mid" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        steps = np.random.default_rng(number).integers(-2, 3, 64).cumsum()
        path.write_bytes(midi_bytes(make_notes([(i / 2, 0.5, SCALE[step % 8]) for i, step in enumerate(steps)])))
    return paths


def counted(monkeypatch) -> list[str]:
    """Names of the files that are scored from now on."""
    names = []

    def scoring(notes, reference=None):
        names.append(len(notes))
        return score_and_copies(notes, reference)

    monkeypatch.setattr(many, "score_and_copies", scoring)
    return names


def read_csv(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {Path(row["file"]).name: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_second_call_scores_only_what_is_new_or_changed(tmp_path, monkeypatch, capsys, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
    songs, out = tmp_path / "songs", tmp_path / f"scores.{ending}"
    paths = write_tunes(songs, 5)
    assert cli.main(["score", str(songs), "-o", str(out)]) == 0
    scored = counted(monkeypatch)
    assert cli.main(["score", str(songs), "-o", str(out)]) == 0
    assert scored == []
    assert "5 of 5 files were scored before" in capsys.readouterr().err

    paths[0].write_bytes(paths[1].read_bytes())  # known content under another name
    write_tunes(songs, 1, first=7)
    (songs / "3.mid").unlink()
    assert cli.main(["score", str(songs), "-o", str(out)]) == 0
    assert len(scored) == 1
    rows = {Path(record["file"]).name: flat(record) for record in ScoreTable(out, ending).records}
    assert sorted(rows) == [f"{number}.mid" for number in (0, 1, 2, 3, 4, 7)]  # what is gone was scored all the same
    assert rows["0.mid"]["overall"] == rows["1.mid"]["overall"]
    assert rows["7.mid"]["feature/scale"] == 1.0


def test_what_was_written_before_a_kill_is_kept_and_the_torn_line_done_again(tmp_path, monkeypatch):
    write_tunes(tmp_path / "songs", 4)
    for name in ("scores.csv", "scores.json"):
        out = tmp_path / name
        cli.main(["score", str(tmp_path / "songs"), "-o", str(out)])
        whole = out.read_bytes()
        out.write_bytes(whole[:-100])
        scored = counted(monkeypatch)
        assert cli.main(["score", str(tmp_path / "songs"), "-o", str(out)]) == 0
        assert len(scored) == 1
        assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_a_row_says_what_the_score_card_says(tmp_path):
    (path,) = write_tunes(tmp_path / "songs", 1)
    cli.main(["score", str(path), "-o", str(tmp_path / "a.csv")])
    row = read_csv(tmp_path / "a.csv")["0.mid"]
    card, _ = score_and_copies(read_notes(path), None)
    assert tuple(row) == COLUMNS
    assert float(row["overall"]) == card.overall
    assert float(row["rhythm_diversity"]) == card.metrics["rhythm_diversity"].value
    assert float(row["feature/proximity"]) == card.features["proximity"]
    assert row["calibration"] == card.calibration


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_bad_files_are_named_with_their_reason_and_kept_in_the_table(tmp_path, capsys, jobs):
    songs = tmp_path / "songs"
    write_tunes(songs, 2)
    (songs / "torn.mid").write_bytes(b"MThd")
    (songs / "gone.mid").symlink_to(tmp_path / "nowhere")
    assert cli.main(["score", str(songs), "-o", str(tmp_path / "a.csv"), "--jobs", jobs]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "torn.mid:" in said
    assert "gone.mid: cannot be read (No such file or directory)" in said
    rows = read_csv(tmp_path / "a.csv")
    assert len(rows) == 4
    assert rows["torn.mid"]["overall"] == ""
    assert rows["torn.mid"]["error"]


def test_on_standard_output_it_prints_all_rows(tmp_path, capsys):
    write_tunes(tmp_path, 3)
    assert cli.main(["score", "--csv", str(tmp_path)]) == 0
    assert len(list(csv.DictReader(capsys.readouterr().out.splitlines()))) == 3
    assert cli.main(["score", "--json", str(tmp_path)]) == 0
    assert all(json.loads(line)["findings"] is not None for line in capsys.readouterr().out.splitlines())


def test_with_a_corpus_every_folder_is_compared_with_it(tmp_path, capsys):
    write_tunes(tmp_path / "corpus", 24)
    write_tunes(tmp_path / "model", 8, first=100)
    write_tunes(tmp_path / "thief", 8)
    words = [str(tmp_path / "model"), str(tmp_path / "thief"), "--corpus", str(tmp_path / "corpus")]
    assert cli.main(["score", *words, "-o", str(tmp_path / "a.json")]) == 0
    told = capsys.readouterr().out
    assert "by chance" in told
    assert [line.split()[7] for line in told.splitlines() if line.startswith((" 0", " 1"))].count("100%") == 1
    record = json.loads((tmp_path / "a.json").read_text().splitlines()[0])
    assert record["calibration"].startswith("corpus (24 pieces")
    assert cli.main(["score", *words, "-o", str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == told  # from the table alone


def test_another_measure_does_not_count_as_done(tmp_path, monkeypatch):
    write_tunes(tmp_path / "songs", 3)
    words = ["score", str(tmp_path / "songs"), "-o", str(tmp_path / "a.csv")]
    cli.main(words)
    write_tunes(tmp_path / "corpus", 8, first=50)
    scored = counted(monkeypatch)
    assert cli.main([*words, "--corpus", str(tmp_path / "corpus")]) == 0
    assert len(scored) == 3
    assert len(read_csv(tmp_path / "a.csv")) == 3


def test_mistakes_are_said_kindly_before_any_work(tmp_path, capsys, monkeypatch):
    write_tunes(tmp_path / "songs", 1)
    songs = str(tmp_path / "songs")
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    (tmp_path / "mine.json").write_text("[1, 2]\n")
    for words, reason in (
        (["-o", str(tmp_path / "scores.txt")], "name it .csv, .json or .parquet"),
        (["--parquet"], "needs a file"),
        (["-o", str(tmp_path / "mine.csv")], "choose another name"),
        (["-o", str(tmp_path / "mine.json")], "choose another name"),
        (["--corpus", str(tmp_path / "empty")], "cannot be a reference"),
    ):
        assert cli.main(["score", songs, *words]) == 2
        assert reason in " ".join(capsys.readouterr().err.split())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["score", songs, "-o", str(tmp_path / "a.parquet")]) == 2
    assert "pip install 'musiclog[parquet]'" in capsys.readouterr().err
    with pytest.raises(ExtraMissing, match="dask"):
        next(score_on_cluster([], None, "tcp://127.0.0.1:1"))
    assert (tmp_path / "mine.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("jobs", ["0", "-2", "many", "1.5"])
def test_a_number_of_processes_that_cannot_work_is_refused(tmp_path, capsys, jobs):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["score", str(tmp_path), f"--jobs={jobs}"])
    assert f"'{jobs}' is given; give how many processes shall work, 1 or more" in capsys.readouterr().err


def test_a_file_that_ends_its_process_is_named_and_the_others_are_scored(tmp_path, monkeypatch):
    paths = write_tunes(tmp_path, 12)
    tasks = [Task(path, fingerprint(path)) for path in paths]
    tasks[5] = DeadlyTask(paths[5], "deadly")
    records = {record["file"]: record for record in score_here(tasks, jobs=2)}
    assert len(records) == 12
    assert records[str(paths[5])]["error"] == "the process that read it ended"
    assert sum("error" in record for record in records.values()) == 1


class DeadlyTask(Task):
    """Stands for a file over which the parser crashes."""

    def __getattribute__(self, name):
        if name == "path" and multiprocessing.parent_process() is not None:
            os._exit(139)
        return super().__getattribute__(name)


def test_no_file_is_lost_when_a_worker_of_the_cluster_is_killed(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
    paths = write_tunes(tmp_path / "songs", 60)
    reference = Reference.from_folder(tmp_path / "songs", limit=10, jobs=1, cache=False)
    tasks = [Task(path, fingerprint(path)) for path in paths]
    quiet = {"dashboard_address": None, "silence_logs": "CRITICAL"}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as cluster:
        records = []
        for record in score_on_cluster(tasks, reference, cluster.scheduler_address):
            records.append(record)
            if len(records) == 5:
                victim = next(iter(cluster.workers.values()))
                os.kill(victim.pid, 9)
    here = {record["file"]: record for record in score_here(tasks, reference)}
    assert {record["file"]: record for record in records} == here
    assert len(records) == len(tasks)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")

    def nobody(*_words, **_options):
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", nobody)
    with pytest.raises(MusiclogError, match=r"no Dask scheduler answers at tcp://10\.0\.0\.1:8786"):
        next(score_on_cluster([], None, "tcp://10.0.0.1:8786"))


def test_a_folder_without_midi_files_is_named(tmp_path, capsys):
    assert cli.main(["score", str(tmp_path)]) == 2
    assert f"{tmp_path}: no MIDI file (.mid, .midi, .kar, .rmi) is in there" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_named(tmp_path, capsys):
    (song,) = write_tunes(tmp_path / "songs", 1)
    (tmp_path / "scores.csv").mkdir()
    assert cli.main(["score", str(song), "-o", str(tmp_path / "scores.csv")]) == 2
    assert f"Is a directory: '{tmp_path / 'scores.csv'}'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_name_from_an_old_archive_is_spelt_out_and_known_again(tmp_path, monkeypatch, capsys, ending):
    (song,) = write_tunes(tmp_path / "songs", 1)
    song.rename(song.with_name(os.fsdecode(b"caf\xe9.mid")))
    out = tmp_path / f"scores.{ending}"
    assert cli.main(["score", str(song.parent), f"--{ending}"]) == 0
    assert r"caf\xe9.mid" in capsys.readouterr().out.replace(r"\\", "\\")
    assert cli.main(["score", str(song.parent), "-o", str(out)]) == 0
    names = counted(monkeypatch)
    assert cli.main(["score", str(song.parent), "-o", str(out)]) == 0
    assert not names
