"""Samples asked for in words, figures and marks."""

import pytest

from musiclog_gui.state.sample_query import SampleQuestion, understood
from musiclog_gui.views.sample_table import SampleTable


@pytest.fixture
def table(room, qtbot):
    room.arrive(*(room.sample(f"e{epoch}.mid", float(epoch), 8 * epoch, prompt=prompt, temperature=0.8)
                  for epoch, prompt in ((1, "intro"), (5, "intro"), (9, "coda"))), name="bach gru")  # fmt: skip
    room.model.mark(room.model.row(2).key, stars=4, tags=["fine"], comment="ends well")
    table = SampleTable(room.model)
    qtbot.addWidget(table)
    return table


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "e1 e5 e9"),
        ("epoch>=5", "e5 e9"),
        ("prompt=intro -epoch=1", "e5"),
        ("stars>=4", "e9"),
        ("is:starred tag:fine", "e9"),
        ("well", "e9"),
        ("note_count<=8", "e1"),
        ("quality>2", ""),
        ("quality>=0 or e1", "e1 e5 e9"),
        ("bach", "e1 e5 e9"),
        ("temperature>1", ""),
    ],
)
def test_table_shows_what_is_asked_for(room, table, text, names):
    table.lines.choose(frozenset(), None, text)
    shown = sorted(table.lines.index(row, 4).data().removesuffix(".mid") for row in range(table.lines.rowCount()))
    assert " ".join(shown) == names


def test_what_cannot_be_understood_is_looked_for_as_it_stands(room):
    room.arrive(room.sample("odd (1.mid"))
    row = room.model.row(0)
    assert isinstance(understood("odd (1"), str)
    assert SampleQuestion().matches("odd (1", row, room.model.marks(row))


def test_new_marks_are_asked_for_at_once(room, table):
    table.lines.choose(frozenset(), None, "stars>=5")
    assert table.lines.rowCount() == 0
    room.model.mark(room.model.row(0).key, stars=5)
    assert table.lines.rowCount() == 1


def test_what_is_kept_of_a_sample_between_two_questions_follows_its_marks_and_goes_with_it(room, table):
    row = room.model.row(0)
    question = SampleQuestion()
    assert not question.matches("stars=5", row, room.model.marks(row))
    assert question.matches("epoch=1", row, room.model.marks(row))
    room.model.mark(row.key, stars=5)
    assert question.matches("stars=5", row, room.model.marks(row))
    question.keep_only(frozenset())
    assert not question._known
