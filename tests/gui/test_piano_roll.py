"""The piano roll: every note where it belongs, words for what is under the cursor, zoom, and words without notes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent

from musiclog.notes import TrackInfo, make_notes
from musiclog.quality import Finding
from musiclog_gui.state.pitch_names import DRUM_NAMES, pitch_name
from musiclog_gui.theme import theme
from musiclog_gui.views.piano_roll import KEYS, RULER, PianoRoll, bar_starts, track_shade
from musiclog_gui.views.track_legend import TrackLegend

TRACKS = (TrackInfo("Melody", 0, False), TrackInfo("", 32, False), TrackInfo("Kit", 0, True))


@pytest.fixture
def roll(qtbot):
    roll = PianoRoll()
    qtbot.addWidget(roll)
    roll.resize(900, 400)
    roll.show()
    return roll


@pytest.fixture
def tune():
    rows = [(beat, 1, 60 + beat % 12, 100, 0) for beat in range(16)]
    return make_notes([*rows, (0, 8, 40, 30, 1), (8, 8, 43, 120, 1), (4, 0.1, 38, 90, 2)], tracks=TRACKS)


def picture(roll) -> QImage:
    return roll.viewport().grab().toImage()


def colour_at(roll, beats, pitch, drum=False):
    ratio = roll.devicePixelRatioF()
    point = QPointF(roll._x(beats), roll._y(pitch, drum) + roll._row_px / 2) * ratio
    return picture(roll).pixelColor(point.toPoint())


def move(roll, to):
    """A mouse that moves with its left button held, which offscreen screens do not send."""
    at = QPointF(to)
    event = QMouseEvent(QEvent.Type.MouseMove, at, roll.viewport().mapToGlobal(at), Qt.MouseButton.NoButton,
                        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)  # fmt: skip
    roll.mouseMoveEvent(event)


def finding(start, end, pitch=None, weight=0.5, text="a dissonance"):
    return Finding("dissonance", start, end, start / 2, end / 2, weight, text, pitch)


def close(one, other):
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue())) <= 2


# -- what is painted ----------------------------------------------------------------------------


def test_every_note_is_painted_in_its_tracks_colour(roll, tune):
    roll.show_notes(tune)
    roll._playhead_beats = None
    for index in range(len(tune)):
        middle = tune.onset[index] + min(tune.duration[index], 0.25) / 2
        expected = track_shade(int(tune.track[index]), int(tune.velocity[index]) * 5 // 128)
        assert close(colour_at(roll, middle, int(tune.pitch[index]), bool(tune.is_drum[index])), expected)


def test_soft_notes_are_paler_than_loud_ones():
    soft, loud, panel = track_shade(0, 0), track_shade(0, 4), theme().qcolor("panel")
    assert abs(soft.lightness() - panel.lightness()) < abs(loud.lightness() - panel.lightness())


def test_playhead_stands_where_the_seconds_say(roll):
    notes = make_notes([(beat, 1, 60) for beat in range(8)], tempo_bpm=60)
    roll.show_notes(notes)
    roll.show_position(3.0)
    accent = theme().qcolor("accent")
    assert close(colour_at(roll, 3.0, notes.pitch[0] + 2), accent)


def test_findings_are_painted_as_bands_and_outlines(roll, tune):
    roll.show_notes(tune)
    plain = colour_at(roll, 5.3, 58)
    roll.show_findings([finding(5, 6), finding(2, 3, pitch=62)])
    assert not close(colour_at(roll, 5.3, 58), plain)
    faint = colour_at(roll, 5.3, 58)
    roll.mark(roll.findings[0])
    assert not close(colour_at(roll, 5.3, 58), faint)


def test_finding_of_the_whole_piece_does_not_tint_it(roll, tune):
    roll.show_notes(tune)
    plain = colour_at(roll, 5.3, 58)
    roll.show_findings([finding(0, 16)])
    assert close(colour_at(roll, 5.3, 58), plain)


def test_words_stand_where_there_are_no_notes(roll):
    roll.say("This file gives no notes", "track 2 ends inside a message")
    words = picture(roll)
    roll.say("")
    assert words != picture(roll)
    roll.show_position(3.0)
    assert roll.note_at(QPointF(100, 100)) is None
    assert roll.explain(QPointF(100, 100)) == ""


def test_picture_is_kept_while_only_the_playhead_moves(roll, tune):
    roll.show_notes(tune)
    picture(roll)
    kept = roll._picture
    roll.show_position(1.0)
    picture(roll)
    assert roll._picture is kept


# -- what is under the cursor -------------------------------------------------------------------


def test_note_under_the_cursor_is_explained(roll, tune):
    roll.show_notes(tune)
    words = roll.explain(QPointF(roll._x(5.5), roll._y(65) + 2))
    assert "F4 (65), velocity 100" in words
    assert "beat 5 (bar 2, beat 2), 2.50 s" in words
    assert "Melody" in words


def test_drum_is_explained_by_its_name_and_nameless_track_by_its_number(roll, tune):
    roll.show_notes(tune)
    assert "Snare (38)" in roll.explain(QPointF(roll._x(4.05), roll._y(38, drum=True) + 2))
    assert "Track 2" in roll.explain(QPointF(roll._x(2.0), roll._y(40) + 2))


def test_finding_under_the_cursor_is_explained(roll, tune):
    roll.show_notes(tune, [finding(2, 4, text="two notes clash"), finding(3, 4, pitch=63, text="outside the key")])
    assert roll.explain(QPointF(roll._x(2.5), roll._y(70) + 2)) == "two notes clash"
    assert "outside the key" in roll.explain(QPointF(roll._x(3.5), roll._y(63) + 2))
    assert roll.explain(QPointF(roll._x(9.5), roll._y(71) + 2)) == ""


def test_bars_are_counted_through_changes_of_time_signature():
    notes = make_notes([(beat, 1, 60) for beat in range(14)], time_signature=(3, 4))
    changed = type(notes)(**{name: getattr(notes, name) for name in notes.__slots__ if name != "time_signatures"},
                          time_signatures=((0.0, 3, 4), (6.0, 4, 4)))  # fmt: skip
    assert bar_starts(notes).tolist() == [0, 3, 6, 9, 12, 15]
    assert bar_starts(changed).tolist() == [0, 3, 6, 10, 14]


def test_useless_time_signature_counts_four_beats():
    assert bar_starts(make_notes([(0, 8, 60)], time_signature=(1, 4))).tolist() == [0, 4, 8]


# -- hands --------------------------------------------------------------------------------------


def test_click_and_drag_seek_through_tempo(roll, qtbot, tune):
    roll.show_notes(tune)
    asked = []
    roll.sought.connect(asked.append)
    at = [QPoint(round(roll._x(beats)), 200) for beats in (4, 8)]
    qtbot.mousePress(roll.viewport(), Qt.MouseButton.LeftButton, pos=at[0])
    qtbot.mouseMove(roll.viewport(), at[1])
    qtbot.mouseRelease(roll.viewport(), Qt.MouseButton.LeftButton, pos=at[1])
    assert asked[0] == pytest.approx(2.0, abs=0.03)
    qtbot.mouseClick(roll.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 200))  # on the keys
    assert len(asked) <= 2


def test_zoom_keeps_the_moment_under_the_cursor(roll):
    roll.show_notes(make_notes([(beat, 1, 60 + beat % 24) for beat in range(200)]))
    x = KEYS + 300.0
    before = roll._beat_at(x)
    roll.zoom_time(2.0, x)
    assert roll._beat_at(x) == pytest.approx(before, abs=1 / roll._beat_px)
    height = roll._row_px
    roll.zoom_pitch(1.5, RULER + 50.0)
    assert roll._row_px > height
    roll.fit()
    assert roll._row_px == pytest.approx(height)


def test_page_turns_with_the_playhead_only_when_it_follows(roll):
    roll.show_notes(make_notes([(beat, 1, 60) for beat in range(400)]))
    bar = roll.horizontalScrollBar()
    roll.follow = False
    roll.show_position(60.0)
    assert bar.value() == 0
    roll.follow = True
    roll.show_position(0.0)
    for seconds in np.arange(0.0, 60.0, 1.0):
        roll.show_position(float(seconds))
    assert bar.value() > 0


def test_page_that_was_turned_away_by_hand_stays(roll):
    roll.show_notes(make_notes([(beat, 1, 60) for beat in range(400)]))
    roll.show_position(1.0)
    roll.horizontalScrollBar().setValue(3000)
    roll.show_position(1.1)
    assert roll.horizontalScrollBar().value() == 3000


def test_whole_short_piece_and_all_its_pitches_are_in_sight(roll, tune):
    roll.show_notes(tune)
    body = roll._body()
    for index in range(len(tune)):
        assert body.left() <= roll._x(tune.onset[index]) <= body.right()
        top = roll._y(int(tune.pitch[index]), bool(tune.is_drum[index]))
        assert body.top() <= top <= body.bottom() - roll._row_px / 2


def test_drums_alone_have_a_map_instead_of_keys(roll):
    roll.show_notes(make_notes([(0, 1, 36, 100, 0), (1, 1, 42, 80, 0)], tracks=(TrackInfo("Kit", 0, True),)))
    assert roll._keys_width() > KEYS
    assert DRUM_NAMES[42] == "Closed hi-hat"
    picture(roll)


def test_names_of_pitches():
    assert [pitch_name(pitch) for pitch in (0, 60, 69, 127)] == ["C-1", "C4", "A4", "G9"]


def test_legend_counts_what_does_not_fit(qtbot):
    legend = TrackLegend()
    qtbot.addWidget(legend)
    legend.resize(200, 20)
    legend.show_tracks([TrackInfo(f"A rather long name {number}", 0, False) for number in range(9)])
    legend.grab()
    assert "name 8" in legend.toolTip()
    assert legend.accessibleName().startswith("Tracks: A rather long name 0")


def test_fifty_thousand_notes_are_painted(roll):
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.uniform(0, 4000, 50_000), rng.uniform(0.1, 2, 50_000), rng.integers(21, 108, 50_000)])
    roll.show_notes(make_notes(rows.tolist()))
    roll.zoom_time(0.001)
    assert len(roll._note_boxes()[0]) > 40_000  # some rows are above and below
    picture(roll)


# -- scrolling and regions ----------------------------------------------------------------------


def many(count=4_000, beats=400):
    rng = np.random.default_rng(3)
    columns = (rng.uniform(0, beats, count), rng.uniform(0.1, 2, count), rng.integers(30, 100, count),
               rng.integers(1, 128, count), rng.integers(0, 3, count))  # fmt: skip
    return make_notes(np.column_stack(columns).tolist(), tracks=TRACKS)


@pytest.mark.parametrize("steps", [[(24, 0)] * 5, [(-31, 0), (7, 0)], [(0, 16)] * 3, [(0, -9)], [(40, 11), (500, 0)]])
def test_scrolled_picture_is_the_same_as_one_painted_anew(roll, steps):
    roll.show_notes(many())
    roll.zoom_pitch(2.0)
    roll._playhead_beats = None
    across, down = roll.horizontalScrollBar(), roll.verticalScrollBar()
    across.setValue(across.maximum() // 2)
    picture(roll)
    for dx, dy in steps:
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)
        shifted = picture(roll)
    roll._changed()
    assert shifted == picture(roll)


def test_many_notes_are_painted_where_few_would_be(roll, monkeypatch):
    roll.show_notes(many(600, 60))
    roll.zoom_time(0.5)
    roll._playhead_beats = None
    few = picture(roll)
    monkeypatch.setattr("musiclog_gui.views.roll_painting.MANY_NOTES", 0)
    roll._changed()
    raster = picture(roll)
    places = [(x, y) for x in range(0, few.width(), 3) for y in range(0, few.height(), 3)]
    same = sum(few.pixel(*place) == raster.pixel(*place) for place in places)
    assert same > 0.98 * len(places)  # where notes overlap another one may lie on top


def test_drag_on_the_ruler_chooses_whole_beats_and_a_double_click_gives_them_up(roll, qtbot, tune):
    roll.show_notes(tune)
    chosen = []
    roll.region_chosen.connect(chosen.append)
    from_x, to_x = (round(roll._x(beats)) for beats in (4.3, 7.6))
    qtbot.mousePress(roll.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(from_x, 8))
    move(roll, QPoint(to_x, 8))
    qtbot.mouseRelease(roll.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(to_x, 8))
    assert chosen == [(pytest.approx(2.0, abs=0.01), pytest.approx(4.0, abs=0.01))]  # beats 4 to 8 at 120 a minute
    qtbot.mouseDClick(roll.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(to_x, 8))
    assert chosen[-1] is None


def test_region_is_seen_and_the_rest_is_dimmed(roll, tune):
    roll.show_notes(tune)
    roll._playhead_beats = None
    places = [(4.5, 64), (12.5, 60)]
    inside, outside = (colour_at(roll, *place) for place in places)
    roll.show_region((2.0, 4.0))
    assert close(colour_at(roll, *places[0]), inside)
    assert not close(colour_at(roll, *places[1]), outside)


def test_click_on_the_ruler_goes_there(roll, qtbot, tune):
    roll.show_notes(tune)
    with qtbot.waitSignal(roll.sought) as asked:
        qtbot.mouseClick(roll.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(roll._x(6)), 8))
    assert asked.args[0] == pytest.approx(3.0, abs=0.03)


def test_drums_of_a_mixed_piece_have_their_map_under_the_keys(roll, tune):
    roll.show_notes(tune)
    assert roll._y(38, drum=True) > roll._y(40)
    assert roll._y(38) != roll._y(38, drum=True)
    assert roll.note_at(QPointF(roll._x(4.05), roll._y(38, drum=True) + 2)) is not None
    assert roll.note_at(QPointF(roll._x(4.05), roll._y(38) + 2)) is None


def test_track_that_is_not_heard_has_no_colour(roll, tune):
    roll.show_notes(tune)
    roll._playhead_beats = None
    loud = colour_at(roll, 10.5, 43)
    roll.show_silent(frozenset({1}))
    assert not close(colour_at(roll, 10.5, 43), loud)


def test_pedal_is_shown_under_the_notes(roll, tune):
    roll.show_notes(tune)
    height = roll._body().height()
    roll.show_pedal(np.array([[1.0, 3.0]]))
    assert roll._body().height() < height
    y = roll.viewport().height() - 6
    image = picture(roll)
    held, free = (image.pixelColor(round(roll._x(beats)), y) for beats in (4, 10))
    assert not close(held, free)
