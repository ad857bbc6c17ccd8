"""One prompt over the epochs: order, thumbnails, walking, scrubbing, playing four bars of each."""

import pytest
from PySide6.QtCore import QPoint, Qt

from musiclog_gui.state.prompt_history import history, nearest
from musiclog_gui.views.prompt_strip import GAP, PromptStrip
from musiclog_gui.work import thumbnails as pictures
from musiclog_gui.work.history_walk import HistoryWalk
from musiclog_gui.work.player import Phase
from musiclog_gui.work.pool import InlineExecutor
from musiclog_gui.work.thumbnails import HEIGHT, WIDTH, Thumbnails, paint


@pytest.fixture
def strip(room, qtbot):
    room.arrive(*(room.sample(f"e{epoch}{prompt}.mid", float(epoch), 32, prompt=prompt, seed=1)
                  for epoch in (5, 1, 9) for prompt in "pq"))  # fmt: skip
    thumbnails = Thumbnails(InlineExecutor(), folder=room.folder / "cache")
    walk = HistoryWalk(room.player, thumbnails)
    strip = PromptStrip(room.model, room.selection, thumbnails, walk)
    room.selection.play_requested.connect(room.player.play_sample)
    qtbot.addWidget(strip)
    strip.resize(300, 90)
    choose(room, "e1p.mid")
    return strip


def choose(room, name):
    room.selection.set_sample(next(row.key for row in room.model.rows() if row.file.name == name))


def chosen(room):
    return room.model.sample(room.selection.sample).file.name


def names(rows):
    return [row.file.name for row in rows]


def test_history_is_of_the_same_prompt_in_the_order_of_steps(room, strip):
    assert names(strip.row.rows) == ["e1p.mid", "e5p.mid", "e9p.mid"]
    assert not strip.isHidden()
    assert nearest(strip.row.rows, 480) == 1
    assert nearest([], 480) is None


def test_without_a_prompt_the_seed_decides_and_without_both_there_is_none(room):
    room.arrive(room.sample("a.mid", 1.0, seed=3), room.sample("b.mid", 2.0, seed=3), room.sample("c.mid", 3.0))
    rows = room.model.rows()
    assert names(history(rows, rows[0].key)) == ["a.mid", "b.mid"]
    assert history(rows, rows[2].key) == []
    assert history(rows, None) == []


def test_sample_without_relatives_hides_the_strip(room, strip):
    room.arrive(room.sample("alone.mid", 1.0))
    choose(room, "alone.mid")
    assert strip.isHidden()


def test_thumbnail_shows_where_notes_are(room):
    picture = paint(room.sample("x.mid", beats=4).path, room.folder)
    assert (picture.width, picture.height, len(picture.ink)) == (WIDTH, HEIGHT, WIDTH * HEIGHT)
    assert max(picture.ink) > 100
    assert picture.four_bars_s == pytest.approx(2.0)  # no longer than the piece


def test_arrows_walk_it_and_ends_hold(room, strip, qtbot):
    for _ in range(4):
        qtbot.keyClick(strip.row, Qt.Key.Key_Right)
    assert chosen(room) == "e9p.mid"
    qtbot.keyClick(strip.row, Qt.Key.Key_Left)
    assert chosen(room) == "e5p.mid"


def test_click_chooses_and_enter_plays(room, strip, qtbot):
    strip.show()
    qtbot.mouseClick(strip.row, Qt.MouseButton.LeftButton, pos=QPoint(WIDTH + GAP + 5, 5))
    assert chosen(room) == "e5p.mid"
    qtbot.keyClick(strip.row, Qt.Key.Key_Return)
    assert room.player.status.phase is Phase.PLAYING


def test_the_chosen_sample_is_in_sight_when_the_strip_is_shown(room, strip, qtbot):
    strip.hide()
    choose(room, "e9p.mid")
    strip.show()
    qtbot.waitUntil(lambda: strip._scroll.horizontalScrollBar().value() > 0)


def test_cursor_of_a_chart_points_and_chooses_where_it_rests(room, strip, qtbot):
    strip.show()
    room.selection.step_pointed.emit(870.0)
    assert strip.row.pointed == 2
    assert chosen(room) == "e1p.mid"
    with qtbot.waitSignal(room.selection.sample_changed):
        room.selection.step_pointed.emit(880.0)
    assert chosen(room) == strip.row.rows[2].file.name


def test_cursor_that_left_its_chart_chooses_nothing_and_its_place_is_marked_when_the_strip_is_seen(room, strip):
    room.selection.step_pointed.emit(870.0)
    room.selection.step_pointed.emit(None)
    strip.show()
    assert strip.row.pointed == 2
    assert chosen(room) == "e1p.mid"


def test_picture_is_kept_on_disk_and_painted_again_where_that_is_damaged(room):
    path = room.sample("x.mid", beats=4).path
    first = paint(path, room.folder)
    (kept,) = (room.folder / "thumbnails").glob("*.ink")
    ink = bytes(reversed(first.ink))
    kept.write_bytes(kept.read_bytes().split(b"\n", 1)[0] + b"\n" + ink)
    assert paint(path, room.folder).ink == ink
    kept.write_bytes(b"cut off")
    assert paint(path, room.folder) == first


def test_folder_of_pictures_is_bounded(room, monkeypatch):
    monkeypatch.setattr(pictures, "CACHE_BYTES", 20_000)  # three of them
    for number in range(60):
        paint(room.sample(f"{number}.mid", beats=4 + number).path, room.folder)
    assert len(list((room.folder / "thumbnails").glob("*.ink"))) < 60


def test_history_plays_four_bars_of_each(room, strip):
    strip.play.click()
    heard = []
    strip._walk.reached.connect(lambda key: heard.append(room.model.sample(key).file.name))
    assert chosen(room) == "e1p.mid"
    room.hear(8.3)
    assert chosen(room) == "e5p.mid"
    room.hear(17)
    assert heard == ["e5p.mid", "e9p.mid"]
    assert not strip._walk.running
    assert room.player.status.phase is Phase.PAUSED


def test_playing_something_else_ends_the_walk(room, strip):
    strip.play.click()
    room.player.play_sample(*room.model.row(1).key)
    assert not strip._walk.running
    assert room.player.status.phase is Phase.PLAYING


def test_it_paints_itself_broken_files_too(room, strip, qtbot):
    file = room.sample("broken.mid", 12.0, prompt="p")
    with open(file.path, "wb") as out:  # noqa: PTH123
        out.write(b"MThd and no more")
    with qtbot.waitSignal(strip._late.timeout):
        room.arrive(file)
    strip.resize(800, 90)
    strip.show()
    assert not strip.grab().isNull()
    assert names(strip.row.rows)[-1] == "broken.mid"
