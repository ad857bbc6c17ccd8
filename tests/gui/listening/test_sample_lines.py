"""The table's lines: groups with their headings, folding, walking over them, and what stays when they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from musiclog_gui.state.sample_lines import HEADING_ROLE, Heading
from musiclog_gui.state.samples import EPOCH, NAME, OVERALL, RATING
from musiclog_gui.views.sample_table import SampleTable


@pytest.fixture
def table(room, qtbot):
    room.arrive(
        room.sample("a1.mid", 1.0, prompt="intro"), room.sample("b1.mid", 1.0, seed=7),
        room.sample("a2.mid", 2.0, prompt="intro"), room.sample("b2.mid", 2.0, seed=7), room.sample("c.mid", 2.0),
    )  # fmt: skip
    table = SampleTable(room.model)
    qtbot.addWidget(table)
    table.resize(900, 400)
    table.show()
    return table


def told(table):
    lines = [table.lines.line(number) for number in range(table.lines.rowCount())]
    return [f"{line.title} ({line.count})" if isinstance(line, Heading) else Path(line[1]).name for line in lines]


def test_epochs_stand_newest_first_with_their_samples_under_them(table):
    table.group_by("epoch")
    assert told(table) == ["Epoch 2 (3)", "a2.mid", "b2.mid", "c.mid", "Epoch 1 (2)", "a1.mid", "b1.mid"]


def test_epochs_follow_the_order_of_the_table(table):
    table.group_by("epoch")
    table.sortByColumn(EPOCH, Qt.SortOrder.AscendingOrder)
    assert told(table)[0] == "Epoch 1 (2)"
    table.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    assert told(table)[:4] == ["Epoch 2 (3)", "c.mid", "b2.mid", "a2.mid"]


def test_prompts_are_groups_and_without_one_the_seed_is(table):
    table.group_by("prompt")
    assert told(table) == ["intro (2)", "a2.mid", "a1.mid", "Seed 7 (2)", "b2.mid", "b1.mid", "No prompt (1)", "c.mid"]


def test_heading_tells_the_mean_quality(room, table):
    table.group_by("prompt")
    known = [row.overall for row in room.model.rows() if row.file.prompt == "intro"]
    assert table.lines.line(0).quality == pytest.approx(sum(known) / 2)
    assert table.lines.index(0, OVERALL).data() == f"{sum(known) / 2:.2f}"
    words = table.lines.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "intro, 2 samples, open"


def test_click_on_a_heading_folds_it_and_the_count_stays(table, qtbot):
    table.group_by("epoch")
    place = table.visualRect(table.lines.index(0, NAME)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told(table) == ["Epoch 2 (3)", "Epoch 1 (2)", "a1.mid", "b1.mid"]
    assert table.lines.samples() == 5
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(told(table)) == 7


def test_arrows_and_enter_fold_where_a_heading_is_current(table, qtbot):
    table.group_by("epoch")
    table.setCurrentIndex(table.lines.index(0, NAME))
    for key, lines in ((Qt.Key.Key_Left, 4), (Qt.Key.Key_Right, 7), (Qt.Key.Key_Return, 4)):
        qtbot.keyClick(table, key)
        assert table.lines.rowCount() == lines
        assert table.currentIndex().data(HEADING_ROLE).title == "Epoch 2"


def test_all_fold_and_unfold(table):
    table.group_by("epoch")
    table.lines.fold_all(True)
    assert told(table) == ["Epoch 2 (3)", "Epoch 1 (2)"]
    table.lines.fold_all(False)
    assert len(told(table)) == 7


def test_walking_goes_over_headings(room, table):
    table.group_by("epoch")
    key = room.model.rows()[4].key  # c.mid, the last of its epoch
    after = table.lines.neighbour(key, 1)
    assert after[1].endswith("a1.mid")
    assert table.lines.neighbour(after, -1) == key
    assert table.lines.neighbour(table.lines.neighbour(None, 1), -1) is None


def test_current_sample_stays_through_groups_questions_and_orders(room, table):
    key = room.model.rows()[1].key
    table.choose(key)
    for way in ("epoch", "prompt", "run", ""):
        table.group_by(way)
        assert table.current() == key
    table.ask(frozenset(), None, "epoch=1")
    table.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    table.ask(frozenset(), None, "")
    assert table.current() == key


def test_top_line_stays_at_the_top_when_a_question_is_taken_back(room, table, qtbot):
    room.arrive(*(room.sample(f"z{number:02d}.mid", 3.0) for number in range(40)))
    table.ask(frozenset(), None, "epoch=3")
    table.verticalScrollBar().setValue(10 * table.rowHeight(0))
    top = table.lines.line(table.rowAt(1))
    table.lines.choose(frozenset(), None, "")
    assert table.lines.line(table.rowAt(1)) == top


def test_new_samples_come_into_their_groups(room, table, qtbot):
    table.group_by("epoch")
    with qtbot.waitSignal(table.lines.modelReset):
        room.arrive(room.sample("d.mid", 3.0))
    assert told(table)[:2] == ["Epoch 3 (1)", "d.mid"]


def test_many_that_arrive_at_once_stand_as_one_by_one(room, table):
    one_by_one = SampleTable(room.model)
    room.arrive(*(room.sample(f"y{number:02d}.mid", 1.0 + number % 3) for number in range(40)))
    for number in range(40, 45):
        room.arrive(room.sample(f"y{number:02d}.mid", 2.0))
    fresh = SampleTable(room.model)
    assert told(table) == told(one_by_one) == told(fresh)


def test_score_that_comes_later_moves_its_sample_when_the_table_is_sorted_by_it(room, table, qtbot):
    table.sortByColumn(OVERALL, Qt.SortOrder.AscendingOrder)  # what has no score yet stands first
    room.arrive(*(room.sample(f"{beats}.mid", 2.0, beats=beats) for beats in (64, 16, 32)))

    def rises():
        values = [table.lines.sample(number).overall for number in range(table.lines.rowCount())]
        return values == sorted(values)

    qtbot.waitUntil(rises)


def test_closed_run_leaves_no_heading(room, table):
    table.group_by("run")
    room.arrive(room.sample("other.mid", run_id="/runs/b"), run_id="/runs/b")
    room.model.drop_run("/runs/a")
    assert told(table) == ["bbb (1)", "other.mid"]


def test_headings_paint_themselves_and_have_no_stars(table, qtbot):
    table.group_by("epoch")
    rated = []
    table.rated.connect(lambda *what: rated.append(what))
    place = table.visualRect(table.lines.index(0, RATING)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not table.grab().isNull()
    assert not rated
