"""What was seen of a folder is told at once the next time, and never where it is no longer true."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

import musiclog
from musiclog.follow import Follower, Found, Lost, Update
from musiclog.listing import Listings


@pytest.fixture
def listings(tmp_path):
    return Listings(tmp_path / "cache")


@pytest.fixture
def runs(tmp_path):
    """A watched folder with two runs that have ended."""
    for name in ("bach", "chopin"):
        run = musiclog.Run(tmp_path / "runs" / name, monitor=False)
        for step in range(20):
            run.log(step, loss=1 / (step + 1))
        run.finish()
    return tmp_path / "runs"


def opened(runs, listings):
    """A window opens the folder, reads all of it and is closed."""
    follower = Follower(listings=listings)
    follower.watch(runs)
    messages = follower.turn()
    while follower.rest_s() == 0.0:
        messages += follower.turn()
    follower.close()
    return messages


def found(messages, path):
    return [message for message in messages if isinstance(message, Found) and message.run_id == str(path)]


def remembered(runs, listings):
    return {Path(known.ref.path).name: known for known in listings.recall(str(runs))}


def test_what_was_seen_is_told_before_anything_is_looked_for(runs, listings):
    assert found(opened(runs, listings), runs / "bach")[0].glance is None
    first = opened(runs, listings)[:2]
    assert {message.ref.name for message in first} == {"bach", "chopin"}
    glance = first[0].glance
    assert (glance.info.state, glance.step) == ("finished", 19)
    assert glance.newest == pytest.approx(glance.info.ended, abs=5)
    assert glance.spark[0] == (0.0, 1.0)
    assert glance.spark[-1] == (1.0, 0.0)


def test_a_remembered_run_is_found_once_and_always_looked_at(runs, listings):
    opened(runs, listings)
    messages = opened(runs, listings)
    assert len(found(messages, runs / "bach")) == 1
    updates = [message for message in messages if isinstance(message, Update)]
    assert {update.run_id for update in updates} == {str(runs / "bach"), str(runs / "chopin")}
    assert not any(isinstance(message, Lost) for message in messages)


def test_a_run_that_grew_is_listed_without_what_was_seen(runs, listings):
    opened(runs, listings)
    with (runs / "bach" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 20, "loss": 9}\n')
    known = remembered(runs, listings)
    assert known["bach"].glance is None
    assert known["chopin"].glance is not None


def test_a_truncated_run_is_listed_without_what_was_seen(runs, listings):
    opened(runs, listings)
    os.truncate(runs / "bach" / "metrics.jsonl", 30)
    assert remembered(runs, listings)["bach"].glance is None


def test_a_replaced_run_is_listed_without_what_was_seen(runs, listings):
    opened(runs, listings)
    shutil.rmtree(runs / "bach")
    (runs / "chopin").rename(runs / "bach")
    known = remembered(runs, listings)
    assert known["bach"].glance is None
    assert "chopin" not in known


def test_bytes_that_changed_in_place_are_noticed_though_time_and_size_are_as_before(runs, listings):
    opened(runs, listings)
    file = runs / "bach" / "metrics.jsonl"
    before = file.stat()
    with file.open("r+b") as content:
        content.write(file.read_bytes().replace(b"1", b"2", 1))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert remembered(runs, listings)["bach"].glance is None


def test_a_run_that_is_gone_is_not_listed(runs, listings):
    opened(runs, listings)
    shutil.rmtree(runs / "bach")
    assert not found(opened(runs, listings), runs / "bach")


def test_a_folder_that_is_no_run_any_more_is_lost_by_the_first_look(runs, listings):
    opened(runs, listings)
    shutil.rmtree(runs / "bach")
    (runs / "bach").mkdir()
    messages = opened(runs, listings)
    assert found(messages, runs / "bach")[0].glance is None
    assert Lost(str(runs / "bach")) in messages
    assert "bach" not in remembered(runs, listings)


def test_closing_before_all_is_read_keeps_what_was_known(runs, listings):
    opened(runs, listings)
    follower = Follower(listings=listings)
    follower.watch(runs)
    while len(follower._runs) < 2:
        follower.turn()
    follower.close()
    assert all(known.glance is not None for known in remembered(runs, listings).values())


def test_unwatching_loses_runs_that_were_only_remembered(runs, listings, monkeypatch):
    opened(runs, listings)
    monkeypatch.setattr("musiclog.follow.FIND_TURN_S", 0.0)
    follower = Follower(listings=listings)
    follower.watch(runs)
    told = follower.turn()
    assert [type(message) for message in told] == [Found]
    follower.unwatch(runs)
    assert follower.turn() == [Lost(told[0].run_id)]
    follower.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_of_any_bytes_are_kept(runs, listings):
    odd = os.fsdecode(os.fsencode(runs) + b'/\xff\n"\xe2\x80\xae<b>')
    (runs / "bach").rename(odd)
    opened(runs, listings)
    assert remembered(runs, listings)[Path(odd).name].ref.path == odd


def test_a_run_that_began_at_infinity_costs_only_itself(runs, listings):
    told = json.loads((runs / "bach" / "run.json").read_text())
    (runs / "bach" / "run.json").write_text(json.dumps({**told, "started": float("inf"), "tags": ["\ud800"]}))
    opened(runs, listings)
    assert remembered(runs, listings)["chopin"].glance is not None
    assert found(opened(runs, listings), runs / "bach")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe", b"[" * 100_000, b'{"schema": 0}'])
def test_a_damaged_listing_is_thrown_away(runs, listings, damage):
    opened(runs, listings)
    path = listings.path_of(str(runs))
    path.write_bytes(damage)
    assert listings.entries()[0].reason is not None or damage == b'{"schema": 1}'
    assert not remembered(runs, listings)
    assert not path.exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "/runs/../etc", "relative", "a\0b", 7, None])
def test_paths_outside_of_the_folder_are_never_told(runs, listings, path):
    opened(runs, listings)
    file = listings.path_of(str(runs))
    content = json.loads(file.read_text())
    content["runs"][0]["path"] = path
    file.write_text(json.dumps(content))
    assert set(remembered(runs, listings)) < {"bach", "chopin"}


def test_the_listing_of_another_folder_is_not_taken(runs, listings):
    opened(runs, listings)
    other = str(runs.parent)
    listings.path_of(str(runs)).rename(listings.path_of(other))
    assert list(listings.recall(other)) == []


def test_listings_are_cleared_and_the_oldest_goes_first(runs, listings, monkeypatch):
    opened(runs, listings)
    os.utime(listings.path_of(str(runs)), (1, 1))
    opened(runs / "bach", listings)
    size = listings.entries()[0].size
    monkeypatch.setattr("musiclog.listing.LIMIT_BYTES", size)
    listings.trim()
    assert [kept.folder for kept in listings.entries()] == [str(runs / "bach")]
    assert listings.clear() == size
    assert listings.entries() == []
