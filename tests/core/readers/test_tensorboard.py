"""TensorBoard directories: as tensorboardX writes them, as TensorFlow 2 writes them, torn, damaged and hostile."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboardX import SummaryWriter

from musiclog.crc32c import masked_crc, masked_crcs
from musiclog.discovery import discover
from musiclog.readers import event_file
from musiclog.readers.event_file import EventFile
from musiclog.readers.event_proto import parse

from . import events
from .events import event, record, simple, tensor

NAME = "events.out.tfevents.1700000000.host.1.0"


@pytest.fixture
def write(tmp_path):
    """Write bytes into an event file of a run."""

    def write_it(*records: bytes, name: str = NAME, mode: str = "ab"):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        with (folder / name).open(mode) as file:
            file.write(b"".join(records))
        return folder

    return write_it


def test_what_tensorboardx_writes(tmp_path, opened):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        for step in range(300):
            writer.add_scalar("loss/total", 1 / (step + 1), step, walltime=1.7e9 + step)
            writer.add_scalar("lr", 0.1, step, walltime=1.7e9 + step)
            if step % 100 == 0:
                writer.add_histogram("weights", np.arange(100.0), step)
                writer.add_text("note", "hello", step)
    read = opened(tmp_path / "run")
    assert list(read.data.series) == ["loss/total", "lr"]
    steps, values = zip(*read.points("loss/total"), strict=True)
    assert steps == tuple(range(300))
    assert values == pytest.approx([1 / (step + 1) for step in range(300)])
    assert read.data.series["lr"].times.tolist() == [1.7e9 + step for step in range(300)]
    assert read.data.problem_count == 0


def test_points_arrive_while_the_writer_writes(tmp_path, opened):
    with SummaryWriter(str(tmp_path / "run"), flush_secs=1000) as writer:
        writer.add_scalar("loss", 3.0, 1)
        writer.add_scalar("loss", 2.0, 2)
        writer.flush()
        read = opened(tmp_path / "run")
        told = read.points("loss") if read.data.series else []
        writer.add_scalar("loss", 1.0, 3)
    read.load()
    assert read.points("loss") == [(1, 3), (2, 2), (3, 1)]
    assert told == read.points("loss")[: len(told)]


@pytest.mark.parametrize("limit", [1, 4_000_000])
def test_every_file_of_a_directory_counts_and_the_newer_stretch_is_drawn(write, opened, limit):
    write(events.version(), *(record(event(step, simple("loss", step))) for step in range(10)))
    newer = [record(event(step, simple("loss", 50 + step), t=1.7e9 + 100)) for step in (5, 6)]
    folder = write(*newer, name=NAME.replace("17", "18", 1))
    read = opened(folder, limit=limit)
    assert len(read.points("loss")) == 12
    assert read.data.series["loss"].thin("step", 0, 99, 500)[1].tolist() == [0, 1, 2, 3, 4, 55, 56]
    write(record(event(7, simple("loss", 57))), name="events.out.tfevents.1900000000.host.2.0")
    read.load()
    assert read.points("loss")[-1] == (7, 57)


@pytest.mark.parametrize(
    ("dtype", "content", "value"),
    [
        (events.DT_FLOAT, events.raw(1.5, "<f4"), 1.5),
        (events.DT_FLOAT, events.message(5, struct.pack("<f", 1.5)), 1.5),  # float_val, packed
        (events.DT_FLOAT, b"\x2d" + struct.pack("<f", 1.5), 1.5),  # float_val, alone
        (events.DT_DOUBLE, events.raw(0.1, "<f8"), 0.1),
        (events.DT_DOUBLE, events.message(6, struct.pack("<d", 0.1)), 0.1),
        (events.DT_HALF, events.raw(1.5, "<f2"), 1.5),
        (events.DT_HALF, events.message(13, events.varint(0x3E00)), 1.5),
        (events.DT_BFLOAT16, events.message(4, b"\xc0\x3f"), 1.5),
        (events.DT_BFLOAT16, b"\x68" + events.varint(0x3FC0), 1.5),
        (events.DT_INT32, events.raw(-7, "<i4"), -7),
        (events.DT_INT32, events.message(7, events.varint(-7)), -7),
        (events.DT_INT64, events.raw(2**40, "<i8"), 2**40),
        (events.DT_INT64, b"\x50" + events.varint(-3), -3),
        (events.DT_BOOL, events.message(11, b"\x01"), 1),
    ],
)
def test_scalars_that_come_as_tensors(write, opened, dtype, content, value):
    """Keras and TensorFlow 2 write tensors and name the plug-in on a tag's first event only."""
    read = opened(write(record(event(0, tensor("epoch_loss", dtype, content, plugin="scalars")))))
    assert read.points("epoch_loss") == [(0, pytest.approx(value))]
    write(*(record(event(step, tensor("epoch_loss", dtype, content))) for step in range(1, 30)))
    read.load()
    assert read.points("epoch_loss") == [(step, pytest.approx(value)) for step in range(30)]
    assert read.data.problem_count == 0


def test_tensors_that_are_no_scalars_are_left_out(write, opened):
    folder = write(
        record(event(1, tensor("vector", events.DT_FLOAT, events.raw([1, 2], "<f4"), shape=(2,)))),
        record(event(1, tensor("three", events.DT_INT32, events.message(7, b"\x01\x02\x03")))),
        record(event(1, tensor("text", events.DT_STRING, events.message(8, b"hello")))),
        record(event(1, tensor("curve", events.DT_FLOAT, events.raw(1, "<f4"), plugin="pr_curves"))),
        record(event(1, tensor("one", events.DT_FLOAT, events.raw([4], "<f4"), shape=(1,)))),
        record(event(2, tensor("curve", events.DT_FLOAT, events.raw(1, "<f4")))),
    )
    read = opened(folder)
    assert read.points("one") == [(1, 4)]
    assert set(read.data.series) == {"one"}
    assert read.data.problem_count == 0


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40_000),
            st.lists(st.tuples(st.sampled_from(["a", "bb", "c/d", "é"]), st.floats(width=32)), max_size=3),
            st.booleans(),
        ),
        max_size=120,
    )
)
def test_the_fast_way_finds_what_the_slow_way_finds(rows):
    """Records of all lengths, steps of all sizes, several values in one event, simple and tensor values mixed."""
    bodies = [
        event(step, *(
            tensor(tag, events.DT_FLOAT, events.raw(value, "<f4")) if as_tensor else simple(tag, value)
            for tag, value in values
        ))
        for step, values, as_tensor in rows
    ]  # fmt: skip
    data = b"".join(map(record, bodies))
    starts, lengths, end, damaged = event_file.frame(data)
    assert (end, damaged, len(starts)) == (len(data), False, len(bodies))
    found = event_file.extract(data, starts, lengths)
    expected: dict[str, list[tuple[float, float, float]]] = {}
    for body in bodies:
        parsed = parse(body)
        for scalar in parsed.scalars:
            expected.setdefault(scalar.tag, []).append((float(parsed.step), parsed.wall_time, scalar.value))
    assert found.bad == []
    assert set(found.by_tag) == set(expected)
    for tag, columns in found.by_tag.items():
        got = np.array(columns.in_order()).T
        np.testing.assert_array_equal(got, np.array(expected[tag]))


def test_a_torn_record_waits_for_its_end(write, opened):
    whole = record(event(2, simple("loss", 2)))
    folder = write(record(event(1, simple("loss", 1))), whole[:20])
    read = opened(folder)
    assert read.points("loss") == [(1, 1)]
    for byte in whole[20:]:
        assert len(read.points("loss")) == 1
        write(bytes([byte]))
        read.load()
    assert read.points("loss") == [(1, 1), (2, 2)]
    assert read.data.problem_count == 0


def test_a_damaged_body_is_left_out_and_counted(write, opened):
    records = [bytearray(record(event(step, simple("loss", step)))) for step in range(1, 60)]
    records[20][-6] ^= 1
    read = opened(write(*map(bytes, records)))
    assert [step for step, _ in read.points("loss")] == [step for step in range(1, 60) if step != 21]
    assert read.data.problem_count == 1
    assert read.data.problems[0].offset == sum(map(len, records[:20]))


@pytest.mark.parametrize("hostile", [0, 5, 2**20, 2**40, 2**63, 2**64 - 1])
def test_a_damaged_length_loses_one_record_and_never_the_rest(write, opened, hostile):
    records = [bytearray(record(event(step, simple("loss", step)))) for step in range(1, 100)]
    records[50][:8] = struct.pack("<Q", hostile)
    read = opened(write(*map(bytes, records)))
    assert [step for step, _ in read.points("loss")] == [step for step in range(1, 100) if step != 51]
    assert read.data.problem_count == 1


def test_a_length_without_end_with_a_right_checksum_is_only_awaited(write, opened):
    length = struct.pack("<Q", 2**62)
    folder = write(record(event(1, simple("loss", 1))), length + struct.pack("<I", masked_crc(length)), b"x" * 1000)
    read = opened(folder)
    assert read.points("loss") == [(1, 1)]
    assert not read.cursor.poll().more


def test_pictures_are_stepped_over_unread(write, opened, monkeypatch):
    monkeypatch.setattr(event_file, "LARGEST", 1000)
    picture = record(event(1, events.message(1, b"image") + events.message(4, b"p" * 5000)))
    read = opened(write(record(event(1, simple("loss", 1))), picture, picture, record(event(2, simple("loss", 2)))))
    assert read.points("loss") == [(1, 1), (2, 2)]
    assert read.data.problem_count == 0


@pytest.mark.parametrize(
    "body", [b"", b"\xff" * 30, b"\x2a\xff\xff\xff\xff\x0f", b"\x0b\x0c", b"\x09\x01", b"\x80" * 40]
)
def test_bodies_that_are_no_events_are_counted_not_fatal(write, opened, body):
    read = opened(write(*[record(body)] * 5, record(event(1, simple("loss", 1))), *[record(body)] * 5))
    assert read.points("loss") == [(1, 1)]
    assert read.data.problem_count in (0, 10)


def test_a_replaced_file_starts_the_run_again(write, opened):
    folder = write(*(record(event(step, simple("loss", step))) for step in range(5)))
    read = opened(folder)
    write(*(record(event(step, simple("other", step))) for step in range(3)), mode="wb")
    read.load()
    assert set(read.data.series) == {"other"}
    assert len(read.points("other")) == 3


def test_nan_and_infinity_are_kept(write, opened):
    folder = write(*(record(event(i, simple("loss", v))) for i, v in enumerate([1, math.nan, math.inf, -math.inf] * 3)))
    values = opened(folder).data.series["loss"].values
    assert np.isnan(values[1])
    assert values[2:4].tolist() == [math.inf, -math.inf]


def test_add_scalars_belongs_to_its_writer(tmp_path, opened):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        writer.add_scalar("lr", 0.1, 1)
        writer.add_scalars("losses", {"train": 1.0, "val": 2.0}, 1)
    assert [ref.path for ref in discover(tmp_path)] == [str(tmp_path / "run")]
    read = opened(tmp_path / "run")
    assert read.points("losses/val") == [(1, 2)]
    assert set(read.data.series) == {"lr", "losses/train", "losses/val"}


def test_a_folder_that_the_writer_makes_later_is_found(tmp_path, opened):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        writer.add_scalars("losses", {"train": 1.0}, 1)
        writer.add_scalar("lr", 0.1, 1)
        read = opened(tmp_path / "run")
        writer.add_scalars("losses", {"val": 2.0}, 1)
    read.load()
    assert set(read.data.series) == {"lr", "losses/train", "losses/val"}


def test_torchs_add_scalars_folders_are_known_by_their_process(write, tmp_path, opened):
    """torch calls the folder <tag with _>_<name>; the tag inside is the main tag."""
    folder = write(record(event(1, simple("lr", 0.5))))
    below = folder / "Training_Losses_total"
    below.mkdir()
    (below / NAME.replace(".1.0", ".1.3")).write_bytes(record(event(1, simple("Training/Losses", 2))))
    assert [ref.path for ref in discover(tmp_path)] == [str(folder)]
    assert set(opened(folder).data.series) == {"lr", "Training/Losses/total"}


def test_train_and_validation_of_keras_are_two_runs(tmp_path, opened):
    for name in ("train", "validation"):
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / NAME).write_bytes(record(event(1, simple("epoch_loss", 2))))
    refs = discover(tmp_path)
    assert [ref.path for ref in refs] == [str(tmp_path / "logs" / name) for name in ("train", "validation")]
    assert opened(tmp_path / "logs" / "train").data.info.name == "logs/train"


def test_runs_below_a_run_are_found(tmp_path):
    for folder, host in ((tmp_path / "a", "one"), (tmp_path / "a" / "b", "two")):
        folder.mkdir(exist_ok=True)
        (folder / f"events.out.tfevents.1700000000.{host}.1.0").write_bytes(record(event(1, simple("loss", 2))))
    assert len(discover(tmp_path)) == 2


def test_checksums_of_rows_are_those_of_single_records():
    assert masked_crc(b"123456789") == (((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    rng = np.random.default_rng(2)
    for length in (1, 2, 7, 8, 33):
        rows = rng.integers(0, 256, (20, length), dtype=np.uint8)
        assert masked_crcs(rows).tolist() == [masked_crc(row.tobytes()) for row in rows]


def test_lengths_that_repeat_and_lengths_that_change_are_framed_alike(tmp_path):
    rng = np.random.default_rng(3)
    names = ["a", "bbb", "cc", "a", "dddd"]
    bodies = []
    for step in range(3000):
        bodies += [event(step, simple(name, 1.0)) for name in names]
        if rng.random() < 0.01:
            bodies.append(event(step, simple("rare", 1.0)))
    data = b"".join(map(record, bodies))
    starts, lengths, end, damaged = event_file.frame(data + b"\x05\x00")
    assert lengths.tolist() == [len(body) for body in bodies]
    assert (end, damaged) == (len(data), False)
    assert starts[0] == 12
    path = tmp_path / "f"
    path.write_bytes(data)
    assert EventFile(str(path)).tail.offset == 0


def test_records_of_equal_length_beside_one_another_do_not_hide_the_pattern():
    lengths = [30, 41, 41]  # what was walked ends with the equal ones
    data = b"".join(record(bytes(length)) for length in 100 * lengths)
    guessed, at = event_file._guess(data, np.array(22 * lengths) + 16, 0)
    assert (len(guessed), at) == (300, len(data))


def test_hparams_are_the_configuration(tmp_path, opened):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        writer.add_scalar("loss", 1.0, 1)
        writer.add_hparams({"lr": 0.1, "layers": 3, "optimizer": "adam", "amp": True}, {"hparam/accuracy": 0.5})
    read = opened(tmp_path / "run")
    assert read.data.config == {"lr": 0.1, "layers": 3, "optimizer": "adam", "amp": True}
    assert set(read.data.series) == {"loss", "hparam/accuracy"}


def test_two_writers_of_one_tag_at_the_same_time_are_put_in_order(tmp_path, opened):
    writers = [SummaryWriter(str(tmp_path), filename_suffix=suffix) for suffix in (".a", ".b")]
    for step in range(10):
        writers[step % 2].add_scalar("loss", step, step, walltime=1.7e9 + step)
    for writer in writers:
        writer.close()
    assert opened(tmp_path).points("loss") == [(step, step) for step in range(10)]


def test_a_resumed_writer_goes_on_after_the_first(tmp_path, opened):
    for suffix, steps in ((".a", range(6)), (".b", range(3, 8))):
        with SummaryWriter(str(tmp_path), filename_suffix=suffix) as writer:
            for step in steps:
                writer.add_scalar("loss", step, step, walltime=1.7e9 + step + 100 * (suffix == ".b"))
    assert [step for step, _ in opened(tmp_path).points("loss")] == [*range(6), *range(3, 8)]
