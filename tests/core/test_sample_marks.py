"""Stars, tags and comments of samples: whole lines, by content, for several windows at once."""

from musiclog.sample_marks import NONE, SampleBook, SampleMarks


def test_marks_are_there_again_in_another_window(tmp_path):
    one, other = SampleBook(tmp_path / "s.jsonl"), SampleBook(tmp_path / "s.jsonl")
    one.change("a1", stars=4, tags=[" best ", "best", ""], comment="fine ending", now=10.0, name="x.mid")
    assert other.refresh()
    assert other.marks("a1") == SampleMarks(4, ("best",), "fine ending", 10.0, "x.mid")
    assert not other.refresh()
    assert other.tags() == ["best"]
    assert other.marks("b") is NONE


def test_two_windows_do_not_undo_each_other(tmp_path):
    one, other = SampleBook(tmp_path / "s.jsonl"), SampleBook(tmp_path / "s.jsonl")
    one.change("a", stars=3)
    other.change("b", stars=5)
    one.change("c", stars=1)
    assert {name: marks.stars for name, marks in SampleBook(tmp_path / "s.jsonl").marked().items()} == {
        "a": 3, "b": 5, "c": 1,
    }  # fmt: skip


def test_time_of_a_comment_is_that_of_its_last_change():
    book = SampleBook()
    book.change("a", comment="x", now=5.0)
    book.change("a", stars=2, now=9.0)
    assert book.marks("a").commented == 5.0
    book.change("a", comment="y", now=9.0)
    assert book.marks("a").commented == 9.0


def test_line_that_was_cut_off_costs_only_itself(tmp_path):
    path = tmp_path / "s.jsonl"
    SampleBook(path).change("a", stars=3)
    with path.open("ab") as file:
        file.write(b'{"sample": "b", "st')
    book = SampleBook(path)
    book.change("c", stars=2)
    again = SampleBook(path)
    assert (again.marks("a").stars, again.marks("c").stars, again.unreadable) == (3, 2, 1)


def test_stars_stay_within_five_and_nothing_marked_is_nothing():
    book = SampleBook()
    assert book.change("a", stars=9).stars == 5
    assert not book.change("a", stars=-1)
    assert book.marked() == {}


def test_folder_that_cannot_be_written_is_told_and_marks_last(tmp_path):
    (tmp_path / "file").write_text("")
    book = SampleBook(tmp_path / "file" / "s.jsonl")
    book.change("a", stars=3)
    assert book.marks("a").stars == 3
    assert book.trouble
