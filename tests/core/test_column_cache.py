"""What was parsed once is used again, and never for a file that is another one by now."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboardX import SummaryWriter

from musiclog import column_cache, tail
from musiclog.column_cache import CachedCursor, ColumnCache
from musiclog.kept_columns import read_header
from musiclog.records import RunRef
from musiclog.registry import readers
from musiclog.run_data import RunData
from musiclog.vigil import Vigil


class Reading:
    """One opening of a run: its data, what its first news brought, and the columns kept at the end."""

    def __init__(self, path: Path, cache: ColumnCache, limit: int = 4_000_000) -> None:
        reader = readers().of(path)
        assert reader is not None
        ref = RunRef(str(path), reader.name, path.name)
        self.cursor = cache.open(reader, ref)
        self.data = RunData(ref)
        self.news = []
        self.limit = limit
        self.load()
        if isinstance(self.cursor, CachedCursor) and self.cursor.worth_keeping():
            for _ in self.cursor.keep(self.data.series):
                pass

    def load(self):
        more = True
        while more:
            self.news.append(self.cursor.poll(self.limit))
            self.data.absorb(self.news[-1])
            more = self.news[-1].more

    @property
    def used_columns(self) -> bool:
        return self.news[0].columns is not None

    @property
    def parsed(self) -> int:
        """Points that were parsed and not found in the cache."""
        return sum(len(points) for news in self.news for points in news.points.values())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(column_cache, "WORTH_BYTES", 1)
    monkeypatch.setattr(column_cache, "WORTH_SHARE", 0.0)
    return ColumnCache(tmp_path / "cache")


@pytest.fixture
def at_rest(monkeypatch):
    """Time stamps count as if the files had been left alone for long."""
    monkeypatch.setattr(tail, "at_rest", lambda _changed: True)


def line(step: int, **values: object) -> bytes:
    return json.dumps({"step": step, "t": 1.7e9 + step, "epoch": step // 100, **values}).encode() + b"\n"


def lines(first: int, last: int) -> bytes:
    rows = ((step, {"loss": step * 0.25 % 7, **({"lr": 0.1} if step % 3 == 0 else {})}) for step in range(first, last))
    return b"".join(line(step, **values) for step, values in rows)


def own_run(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "metrics.jsonl").write_bytes(content)
    return folder


def assert_same(one: RunData, other: RunData) -> None:
    assert list(one.series) == list(other.series)
    for name, series in one.series.items():
        twin = other.series[name]
        for column in ("steps", "times", "epochs", "values"):
            np.testing.assert_array_equal(getattr(series, column), getattr(twin, column))
        for axis in ("step", "epoch", "relative", "wall"):
            assert series.extent(axis) == twin.extent(axis)
            if series.has(axis):
                np.testing.assert_array_equal(*(each.thin(axis, *each.extent(axis), 50) for each in (series, twin)))
                np.testing.assert_array_equal(series.marks(axis, -1e12, 1e12, 9), twin.marks(axis, -1e12, 1e12, 9))
    assert (one.last_step, one.last_epoch, one.newest_time) == (other.last_step, other.last_epoch, other.newest_time)
    assert (one.origin, one.problem_count, one.problems) == (other.origin, other.problem_count, other.problems)


def test_a_run_opened_again_is_mapped_and_the_same(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 5_000))
    first = Reading(run, cache)
    again = Reading(run, cache)
    assert not first.used_columns
    assert again.used_columns
    assert again.parsed == 0
    assert_same(again.data, first.data)
    assert again.data.changed == first.data.changed


def test_an_appended_file_costs_the_cache_and_the_tail(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 5_000))
    Reading(run, cache)
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(lines(5_000, 5_100))
    again = Reading(run, cache)
    assert again.used_columns
    assert again.parsed == 100 + 33
    assert_same(again.data, Reading(run, ColumnCache(tmp_path / "empty")).data)
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(lines(5_100, 5_200))
    again.load()
    assert again.data.last_step == 5_199


def test_what_grew_by_much_is_kept_anew(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 1_000))
    Reading(run, cache)
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(lines(1_000, 3_000))
    Reading(run, cache)
    third = Reading(run, cache)
    assert third.used_columns
    assert third.parsed == 0
    assert third.data.last_step == 2_999
    old, new = sorted(cache.entries(), key=lambda entry: entry.size)
    os.utime(old.path, (1e9, 1e9))  # nobody can be about to map it any more
    assert Reading(run, cache).used_columns
    assert [entry.path for entry in cache.entries()] == [new.path]


def test_a_truncated_file_is_read_anew(tmp_path, cache, at_rest):
    run = own_run(tmp_path / "r", lines(0, 5_000))
    Reading(run, cache)
    whole = (run / "metrics.jsonl").read_bytes()
    os.truncate(run / "metrics.jsonl", whole.index(b"\n", 1_000) + 1)
    again = Reading(run, cache)
    assert not again.used_columns
    assert again.data.last_step < 50


def test_a_truncated_file_that_grew_again_is_read_anew(tmp_path, cache, at_rest):
    run = own_run(tmp_path / "r", lines(0, 5_000))
    Reading(run, cache)
    with (run / "metrics.jsonl").open("r+b") as file:
        file.truncate(1_000)
        file.truncate(file.seek(0, os.SEEK_END) // 1_000 * 1_000)
        file.seek(0)
        file.write(lines(10_000, 16_000))
    again = Reading(run, cache)
    assert not again.used_columns
    assert again.data.series["loss"].steps[0] == 10_000


@pytest.mark.parametrize("in_place", [True, False])
def test_a_file_of_the_same_size_and_time_stamp_is_not_mistaken(tmp_path, cache, at_rest, in_place):
    content = b"".join(line(step, loss=step % 7) for step in range(200_000, 260_000))
    run = own_run(tmp_path / "r", content)
    path = run / "metrics.jsonl"
    Reading(run, cache)
    before = path.stat()
    other = bytearray(content)
    at = other.index(b'"loss": ', len(other) // 2 + 77) + 8  # one digit in the middle, which few fingerprints see
    other[at] = other[at] ^ 1
    if in_place:
        with path.open("r+b") as file:
            file.write(other)
    else:
        (run / "new").write_bytes(other)
        (run / "new").replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    again = Reading(run, cache)
    assert not again.used_columns
    assert_same(again.data, Reading(run, ColumnCache(tmp_path / "empty")).data)


def test_a_file_that_was_written_in_the_same_tick_is_known_by_its_bytes(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 2_000))
    Reading(run, cache)  # right after it was written: its time stamp proves nothing
    own_run(run, lines(4_000, 6_000)[: len(lines(0, 2_000))])
    assert not Reading(run, cache).used_columns


def test_problems_are_told_again(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 100) + b"nonsense\n" + lines(100, 200) + b"[1]\n" + lines(200, 300))
    first = Reading(run, cache)
    again = Reading(run, cache)
    assert again.used_columns
    assert again.data.problem_count == 2
    assert again.data.problems == first.data.problems


def test_rows_keep_their_place_in_the_epoch_across_the_cache(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 1_050))
    (run / "events.jsonl").write_text('{"event":"epoch_start","t":1,"batches":100}\n' * 10)
    Reading(run, cache)
    with (run / "events.jsonl").open("a") as file:
        file.write('{"event":"epoch_start","t":2,"batches":200}\n')
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(lines(1_050, 1_090))
    again = Reading(run, cache)
    assert again.used_columns
    assert len(again.data.events) == 11
    assert again.data.series["loss"].epochs[-1] == pytest.approx(10 + 90 / 200)


def test_event_files_are_kept_and_followed(tmp_path, cache):
    run = tmp_path / "tb"
    with SummaryWriter(str(run)) as writer:
        for step in range(500):
            writer.add_scalar("loss", step / 2, step)
            writer.add_scalar("lr", 0.5, step)
    first = Reading(run, cache)
    with SummaryWriter(str(run), filename_suffix=".later") as writer:
        writer.add_scalar("loss", 1.0, 500)
    again = Reading(run, cache)
    assert again.used_columns
    assert again.parsed == 1
    assert again.data.last_step == 500
    assert again.data.info == first.data.info
    next(run.glob("*.later")).unlink()
    next(iter(run.iterdir())).unlink()
    run_of_another = Reading(run, cache) if readers().of(run) else None
    assert run_of_another is None


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_tables_are_kept(tmp_path, cache, name):
    path = tmp_path / name
    rows = [(step, step * 0.5) for step in range(300)]
    write = (lambda step, loss: f"{step},{loss}\n") if name.endswith("csv") else (
        lambda step, loss: json.dumps({"step": step, "loss": loss}) + "\n")  # fmt: skip
    path.write_text(("step,loss\n" if name.endswith("csv") else "") + "".join(write(*row) for row in rows[:200]))
    Reading(path, cache)
    with path.open("a") as file:
        file.write("".join(write(*row) for row in rows[200:]))
    again = Reading(path, cache)
    assert again.used_columns
    assert again.parsed == 100
    assert_same(again.data, Reading(path, ColumnCache(tmp_path / "empty")).data)


@pytest.mark.parametrize("damage", ["cut", "head", "data", "empty"])
def test_a_damaged_entry_is_thrown_away_and_said(tmp_path, cache, damage):
    run = own_run(tmp_path / "r", lines(0, 3_000))
    Reading(run, cache)
    [entry] = cache.entries()
    content = bytearray(entry.path.read_bytes())
    if damage == "head":
        content[-100] ^= 255
    elif damage == "data":
        content[:64] = bytes(64)
        content[4_000:9_000] = bytes(5_000)
    entry.path.write_bytes({"cut": content[:-10], "empty": b""}.get(damage, content))
    again = Reading(run, cache)
    assert not again.used_columns
    assert again.data.last_step == 2_999
    assert "thrown away" in again.data.problems[0].message
    assert Reading(run, cache).used_columns  # kept anew


def test_an_entry_of_another_version_is_not_used(tmp_path, cache, monkeypatch):
    run = own_run(tmp_path / "r", lines(0, 3_000))
    Reading(run, cache)
    monkeypatch.setattr("musiclog.readers.own.OwnCursor.save_version", 99)
    assert not Reading(run, cache).used_columns
    assert Reading(run, cache).used_columns
    assert read_header(cache.entries()[0].path)["reader_version"] == 99


def test_an_entry_that_is_cleared_while_the_run_is_opened_is_said(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 3_000))
    Reading(run, cache)
    reader = readers().of(run)
    ref = RunRef(str(run), reader.name, "r")
    news = cache.open(reader, ref).poll()
    cache.clear()
    data = RunData(ref)
    data.absorb(news)
    assert data.columns_lost
    assert cache.open(reader, ref, fresh=True).poll().columns is None


def test_a_window_goes_on_with_columns_that_another_cleared(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 3_000))
    Reading(run, cache)
    again = Reading(run, cache)
    assert again.used_columns
    cache.clear()
    assert again.data.series["loss"].values[2_999] == 2_999 * 0.25 % 7


def test_a_run_under_another_path_has_an_entry_of_its_own(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 300))
    Reading(run, cache)
    shutil.copytree(run, tmp_path / "s")
    assert not Reading(tmp_path / "s", cache).used_columns


def test_the_limit_removes_what_was_not_used_for_longest(tmp_path, cache):
    runs = [own_run(tmp_path / name, lines(0, 1_000)) for name in "abc"]
    for age, run in enumerate(runs):
        Reading(run, cache)
        entry = next(entry for entry in cache.entries() if entry.run == str(run))
        os.utime(entry.path, (1e9 + age, 1e9 + age))
    size = cache.entries()[0].size
    Reading(runs[0], cache)  # used again
    cache.set_limit(int(2.5 * size))
    assert {entry.run for entry in cache.entries()} == {str(runs[0]), str(runs[2])}
    assert cache.clear() == 2 * size
    assert cache.entries() == []


def test_two_windows_keep_the_same_run_at_once(tmp_path, cache):
    run = own_run(tmp_path / "r", lines(0, 3_000))
    reader = readers().of(run)
    ref = RunRef(str(run), reader.name, "r")
    windows = []
    for _ in range(2):
        cursor, data = cache.open(reader, ref), RunData(ref)
        data.absorb(cursor.poll())
        windows.append(cursor.keep(data.series))
    for keeping in (windows[0], windows[1], windows[0], windows[1]):
        for _ in keeping:
            break
    for keeping in windows:
        list(keeping)
    assert Reading(run, cache).used_columns
    assert {path.suffix for path in cache.folder.iterdir()} == {".columns"}


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_cache(tmp_path, cache):
    cache.folder.write_text("a file")
    run = own_run(tmp_path / "r", lines(0, 300))
    assert Reading(run, cache).data.last_step == 299
    assert not Reading(run, cache).used_columns


def test_the_watch_over_a_run_sees_kept_points(tmp_path, cache):
    losses = [1.0] * 900 + [float("nan")] * 100
    run = own_run(tmp_path / "r", b"".join(line(step, total_loss=loss) for step, loss in enumerate(losses)))
    first, again = Vigil(), Vigil()
    for news in Reading(run, cache).news:
        first.tell(news)
    for news in Reading(run, cache).news:
        again.tell(news)
    wanted = [event.data["kind"] for event in first.work(60)]
    assert wanted
    assert [event.data["kind"] for event in again.work(60)] == wanted


VALUES = st.one_of(st.floats(-1e6, 1e6), st.sampled_from(["NaN", "Infinity", "-Infinity"]))
ROWS = st.lists(st.tuples(st.integers(0, 60), VALUES, st.booleans()), min_size=1, max_size=120)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_wherever_it_is_cut_a_run_reads_the_same(tmp_path_factory, rows, data):
    """Steps that go back, NaN, metrics that come and go: cached up to anywhere, then followed."""
    folder = tmp_path_factory.mktemp("cut")
    cache = ColumnCache(folder / "cache")
    written = [
        json.dumps({"step": step, "t": 1.7e9 + number, "loss": value, **({"lr": 1.0} if both else {})}).encode() + b"\n"
        for number, (step, value, both) in enumerate(rows)
    ]
    cut = data.draw(st.integers(1, len(written)))
    run = own_run(folder / "r", b"".join(written[:cut]))
    first = Reading(run, cache)
    for _ in first.cursor.keep(first.data.series):
        pass
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(b"".join(written[cut:]))
    again = Reading(run, cache)
    assert again.used_columns
    assert_same(again.data, Reading(run, ColumnCache(folder / "empty")).data)
