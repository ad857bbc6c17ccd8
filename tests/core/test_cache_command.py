"""`musiclog cache` shows what is kept, limits it and clears it."""

from __future__ import annotations

import pytest

import musiclog
from musiclog import cli, column_cache
from musiclog.commands.cache import size, spoken_size
from musiclog.follow import Follower
from musiclog.listing import Listings


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(column_cache, "WORTH_BYTES", 1)
    with musiclog.Run(tmp_path / "bach", monitor=False) as run:
        run.log(1, loss=1.0)
    musiclog.open_run(run.folder)
    return run.folder


def test_it_shows_what_is_kept(kept, capsys):
    assert cli.main(["cache"]) == 0
    shown = capsys.readouterr().out
    assert str(kept) in shown
    assert "1 run," in shown
    assert "of at most 2.0 GB" in shown


def test_clearing_leaves_nothing(kept, capsys):
    assert cli.main(["cache", "--clear"]) == 0
    assert "0 runs, 0 B" in capsys.readouterr().out
    assert column_cache.ColumnCache.of_user().entries() == []


def test_a_limit_holds_from_now_on(kept, capsys):
    assert cli.main(["cache", "--limit", "500 B"]) == 0
    assert "0 runs, 0 B of at most 500 B" in capsys.readouterr().out
    musiclog.open_run(kept)
    assert column_cache.ColumnCache.of_user().entries() == []


def test_a_damaged_entry_is_shown_with_its_reason(kept, capsys):
    [entry] = column_cache.ColumnCache.of_user().entries()
    entry.path.write_bytes(b"x" * 100)
    assert cli.main(["cache"]) == 0
    assert "is damaged" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "count"), [("500MB", 500_000_000), ("2 gb", 2_000_000_000), ("7", 7)])
def test_sizes(text, count):
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "much", "5 XB", "-1"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="500MB"):
        size(text)


def test_sizes_are_said_short():
    assert list(map(spoken_size, (0, 1_500, 12_000_000, 2_000_000_000))) == ["0 B", "1.5 kB", "12 MB", "2.0 GB"]


def test_lists_of_runs_are_shown_and_cleared(kept, capsys):
    follower = Follower(listings=Listings.of_user())
    follower.watch(kept.parent)
    follower.turn()
    while follower.rest_s() == 0.0:
        follower.turn()
    follower.close()
    assert cli.main(["cache"]) == 0
    shown = capsys.readouterr().out
    assert "lists of runs" in shown
    assert f"  {kept.parent}\n" in shown
    assert cli.main(["cache", "--clear"]) == 0
    assert Listings.of_user().entries() == []
