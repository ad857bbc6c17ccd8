"""A tail hands out whole lines once, and notices when the file under its name is another one."""

from __future__ import annotations

from musiclog import tail as tails
from musiclog.tail import Tail


def test_whole_lines_come_once_and_half_a_line_waits(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\nthr")
    tail = Tail(path)
    look = tail.lines()
    assert (look.data, look.offset, look.more) == (b"one\ntwo\n", 0, False)
    assert tail.lines().data == b""
    with path.open("ab") as file:
        file.write(b"ee\n")
    look = tail.lines()
    assert (look.data, look.offset) == (b"three\n", 8)


def test_a_turn_takes_its_limit_and_says_that_there_is_more(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456\n" * 10)
    tail = Tail(path)
    look = tail.lines(20)
    assert look.data == b"0123456\n" * 2
    assert look.more
    assert tail.unread == 64
    parts = [tail.lines(20) for _ in range(4)]
    assert b"".join(part.data for part in parts) == b"0123456\n" * 8
    assert not parts[-1].more


def test_a_line_longer_than_a_turn_comes_in_one_piece(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100 + b"\nshort\n")
    tail = Tail(path)
    assert tail.lines(10).data == b"x" * 100 + b"\n"
    assert tail.lines(10).data == b"short\n"


def test_an_endless_line_is_passed_over_and_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(tails, "LONGEST_LINE", 50)
    path = tmp_path / "a"
    path.write_bytes(b"ok\n" + b"x" * 170 + b"\nafter\n")
    tail = Tail(path)
    looks = [tail.lines(20) for _ in range(12)]
    assert b"".join(look.data for look in looks) == b"ok\nafter\n"
    assert [offset for look in looks for offset in look.too_long] == [3]


def test_a_replaced_file_is_read_from_its_start(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old 1\nold 2\n")
    tail = Tail(path)
    tail.lines()
    other = tmp_path / "b"
    other.write_bytes(b"new 1\nnew 2\nnew 3\n")
    other.replace(path)
    look = tail.lines()
    assert look.restarted
    assert look.data == b"new 1\nnew 2\nnew 3\n"


def test_a_truncated_file_is_read_from_its_start(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    tail.lines()
    path.write_bytes(b"one\n")
    look = tail.lines()
    assert (look.restarted, look.data) == (True, b"one\n")


def test_a_file_that_was_written_anew_and_is_longer_is_noticed_by_its_bytes(tmp_path):
    """Same inode, same first 64 bytes, longer than before: only the bytes before the offset differ."""
    path = tmp_path / "a"
    path.write_bytes(b"h" * 80 + b"\n1\n2\n")
    tail = Tail(path)
    tail.lines()
    with path.open("r+b") as file:
        file.write(b"h" * 80 + b"\n7\n8\n9\n")
    look = tail.lines()
    assert look.restarted
    assert look.data.endswith(b"\n7\n8\n9\n")


def test_a_file_that_vanishes_is_gone_once_and_may_come_back(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one\n")
    tail = Tail(path)
    tail.lines()
    path.unlink()
    assert tail.grown()
    assert tail.lines().gone
    assert not tail.grown()
    path.write_bytes(b"one\ntwo\n")
    assert tail.grown()
    assert tail.lines().data == b"two\n"


def test_a_file_that_is_not_there_yet_is_awaited(tmp_path):
    tail = Tail(tmp_path / "later")
    assert not tail.grown()
    assert tail.lines() == tails.Look()
    (tmp_path / "later").write_bytes(b"now\n")
    assert tail.lines().data == b"now\n"
