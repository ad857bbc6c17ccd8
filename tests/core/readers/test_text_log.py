"""Of a long text log the newest entries are read and the others are counted."""

from __future__ import annotations

import pytest

from musiclog.harvest import Harvest
from musiclog.readers import text_log
from musiclog.readers.text_log import TextLog


def entry(number):
    return f"[2026-11-23 14:30:25.{number % 1000:03}] [INFO] [training] Entry {number}\n  - Epoch: {number}/9\n"


def read(log, limit=10_000_000):
    harvests = []
    while not harvests or harvests[-1].more:
        harvests.append(Harvest())
        log.look(harvests[-1], limit)
    return [record for harvest in harvests for record in harvest.log], sum(harvest.log_left_out for harvest in harvests)


@pytest.mark.parametrize("counted", [100, 1_000_000])
def test_older_entries_are_counted_and_none_is_lost(tmp_path, monkeypatch, counted):
    monkeypatch.setattr(text_log, "NEWEST_BYTES", 2_000)
    monkeypatch.setattr(text_log, "COUNTED_BYTES", counted)
    path = tmp_path / "training.log"
    path.write_text("".join(map(entry, range(1_000))))
    log = TextLog(path)
    records, left_out = read(log)
    assert len(records) + left_out == 1_000
    assert 10 < len(records) < 60
    assert (records[-1].message, records[-1].fields) == ("Entry 999", ("Epoch: 999/9",))
    with path.open("a") as file:
        file.write(entry(1_000))
    assert [record.message for record in read(log)[0]] == ["Entry 1000"]


def test_a_short_log_is_read_in_full_and_lines_before_the_first_entry_are_passed_over(tmp_path):
    path = tmp_path / "training.log"
    path.write_bytes(b"stray\n\xff\xfe\n" + entry(1).encode() + entry(2).encode())
    records, left_out = read(TextLog(path))
    assert [record.message for record in records] == ["Entry 1", "Entry 2"]
    assert left_out == 0


def test_no_log_is_no_trouble(tmp_path):
    assert read(TextLog(tmp_path / "none.log")) == ([], 0)
