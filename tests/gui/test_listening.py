"""The listening room on real views: A and B, tracks, repeated parts, tempo and key, findings, banks, export."""

from __future__ import annotations

import shutil
import wave

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from musiclog.arrangement import Arrangement
from musiclog.notes import TrackInfo, make_notes, write_midi
from musiclog.quality import Finding
from musiclog.records import News, RunRef, SampleFile
from musiclog.run_data import RunData
from musiclog.soundfont import bundled_soundfont
from musiclog_gui.dialogs.soundfonts import SoundFontDialog
from musiclog_gui.settings import Settings
from musiclog_gui.state.bars import bar_patterns, bar_starts, same_bar
from musiclog_gui.state.runs import RunStore
from musiclog_gui.state.selection import Selection
from musiclog_gui.views.player_bar import PlayerBar
from musiclog_gui.views.roll_overview import RollOverview
from musiclog_gui.views.samples_page import SamplesPage
from musiclog_gui.views.sound_orders import SoundOrders
from musiclog_gui.work.player import Phase, Player
from musiclog_gui.work.pool import InlineExecutor
from musiclog_gui.work.score_desk import ScoreDesk
from musiclog_gui.work.sound_output import SilentOutput
from musiclog_gui.work.synth_desk import SynthDesk

RUN = "/runs/a"
TRACKS = (TrackInfo("Melody", 73, False), TrackInfo("Bass", 32, False))


class Room:
    def __init__(self, folder):
        self.folder, self.now = folder, 0.0
        self.store, self.selection = RunStore(), Selection()
        executor, cache = InlineExecutor(), folder / "cache"
        self.scores, self.sounds = ScoreDesk(executor, cache), SynthDesk(executor, cache, str(bundled_soundfont()))
        self.player = Player(self.sounds, SilentOutput(lambda: self.now))
        self.player._timer.setInterval(1_000_000)  # the test calls tick()
        self.page = SamplesPage(self.store, self.selection, self.scores, self.sounds, self.player)
        self.bar = PlayerBar(self.player, self.page.model)
        self.page.duel.rival_changed.connect(self.bar.show_rival)
        self.store.add(RUN, "/runs", RunData(RunRef(RUN, "musiclog", "aaa")))

    def sample(self, name, tempo_bpm=120.0, beats=32, epoch=1.0):
        path = self.folder / name
        rows = [(beat, 1, 60 + beat * 5 % 12, 60 + beat % 60, 0) for beat in range(beats)]
        rows += [(beat, 4, 36 + beat % 8, 80, 1) for beat in range(0, beats, 4)]
        write_midi(path, make_notes(rows, tempo_bpm=tempo_bpm, tracks=TRACKS))
        self.store.absorb(RUN, News(samples=(SampleFile(str(path), name, epoch=epoch),)))
        self.page.absorb({RUN: frozenset({"samples"})})
        return RUN, str(path)

    def turn(self, seconds):
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.now = min(self.now + 0.016, until)
            self.player.tick()


@pytest.fixture
def room(qtbot, tmp_path):
    room = Room(tmp_path)
    for widget in (room.page, room.bar):
        qtbot.addWidget(widget)
    room.page.resize(1400, 900)
    room.page.show()
    yield room
    room.player.close()


# -- A and B ------------------------------------------------------------------------------------


def test_b_is_shown_beside_a_and_switched_to_at_the_same_bar(room):
    a, b = room.sample("a.mid"), room.sample("b.mid", tempo_bpm=60.0, epoch=2.0)
    room.selection.set_sample(b)
    room.page.set_as_b()
    room.selection.set_sample(a)
    assert len(room.page.duel.roll.notes) == len(room.page.roll.notes)
    room.player.play_sample(*a)
    room.turn(5.0)  # bar 3.5 at two seconds a bar
    room.page.duel.switch()
    assert (room.player.status.sample, room.player.status.phase) == (b, Phase.PLAYING)
    assert room.player.position_s == pytest.approx(10.0, abs=0.02)
    assert room.bar.swap.text() == "B"
    room.turn(2.0)
    beats = (room.page.roll._playhead_beats, room.page.duel.roll._playhead_beats)
    assert beats == (pytest.approx(12.0, abs=0.05), pytest.approx(12.0, abs=0.05))
    room.page.duel.switch()
    assert room.player.status.sample == a
    assert room.player.position_s == pytest.approx(6.0, abs=0.02)


def test_switch_at_the_same_second(room):
    a, b = room.sample("a.mid"), room.sample("b.mid", tempo_bpm=60.0, epoch=2.0)
    room.page.duel.set_b(b)
    room.selection.set_sample(a)
    room.page.duel.match.setCurrentIndex(1)
    room.player.play_sample(*a)
    room.turn(5.0)
    room.page.duel.switch()
    assert room.player.position_s == pytest.approx(5.0, abs=0.02)


def test_click_into_either_roll_goes_there_in_what_is_heard(room):
    a, b = room.sample("a.mid"), room.sample("b.mid", tempo_bpm=60.0, epoch=2.0)
    room.page.duel.set_b(b)
    room.selection.set_sample(a)
    room.player.play_sample(*a)
    room.page.duel.roll.sought.emit(8.0)
    assert (room.player.status.sample, room.player.position_s) == (a, pytest.approx(4.0, abs=0.01))
    room.page.duel.switch()
    room.page.roll.sought.emit(6.0)
    assert (room.player.status.sample, room.player.position_s) == (b, pytest.approx(12.0, abs=0.01))
    room.page.roll.region_chosen.emit((2.0, 4.0))
    assert room.player.status.region == (pytest.approx(4.0, abs=0.01), pytest.approx(8.0, abs=0.01))


def test_silent_tracks_of_each_stay_when_the_other_is_heard(room):
    a, b = room.sample("a.mid"), room.sample("b.mid", tempo_bpm=60.0, epoch=2.0)
    room.page.duel.set_b(b)
    room.selection.set_sample(a)
    room.player.play_sample(*a)
    room.page.legend.toggle(0, "M")
    room.page.duel.legend.toggle(1, "S")  # of B, which is not heard
    assert (room.player.status.sample, room.player.status.arrangement.muted) == (a, {0})
    room.page.duel.switch()
    assert (room.player.status.sample, room.player.status.arrangement) == (b, Arrangement(solo=frozenset({1})))
    assert (room.page.roll._silent, room.page.duel.roll._silent) == ({0}, {0})
    room.page.legend.toggle(0, "M")  # of A, while B sounds: it goes on
    assert (room.player.status.sample, room.player.status.phase) == (b, Phase.PLAYING)
    room.page.duel.switch()
    assert (room.player.status.sample, room.player.status.arrangement) == (a, Arrangement())


def test_both_rolls_show_the_same_music_in_the_same_zoom(room):
    a, b = room.sample("a.mid", beats=200), room.sample("b.mid", tempo_bpm=60.0, beats=160, epoch=2.0)
    room.page.duel.set_b(b)
    room.selection.set_sample(a)
    left, right = room.page.roll, room.page.duel.roll
    QApplication.processEvents()  # both have their places now
    assert right.beat_px == left.beat_px
    left.zoom_time(3.0)
    left.horizontalScrollBar().setValue(round(40 * left.beat_px))
    assert (right.beat_px, right.first_beat) == (left.beat_px, pytest.approx(40, abs=0.05))
    right.horizontalScrollBar().setValue(round(20 * right.beat_px))
    right.zoom_time(0.5, right._keys_width())
    assert (left.beat_px, left.first_beat) == (right.beat_px, pytest.approx(20, abs=0.1))
    room.page.duel.match.setCurrentIndex(1)  # the same second: B is half as fast
    assert right.first_beat == pytest.approx(10, abs=0.1)


def test_piece_of_a_corpus_is_heard_and_scored_beside_a_sample(room, tmp_path):
    a = room.sample("a.mid")
    path = tmp_path / "human.mid"
    write_midi(path, make_notes([(beat, 1, 60 + beat * 7 % 12, 70 + beat % 9) for beat in range(64)]))
    room.selection.set_sample(a)
    room.page.duel.set_file_as_b(str(path))
    assert room.page.duel.title.text() == "B  human.mid"
    assert len(room.page.duel.roll.notes) == 64
    figure = room.page.duel.differences._cells["overall"][1].text()
    assert figure == f"{room.scores.assessment(str(path)).card.overall:.2f}"
    room.player.play_sample(*a)
    room.turn(2.0)
    room.page.duel.switch()
    assert room.player.status.sample[1] == str(path)
    assert room.bar.title.text() == "human.mid"
    assert room.page.model.rowCount() == 1


def test_file_that_is_no_music_is_said_on_its_side(room, tmp_path):
    a = room.sample("a.mid")
    room.selection.set_sample(a)
    path = tmp_path / "notes.mid"
    path.write_bytes(b"no music")
    room.page.duel.set_file_as_b(str(path))
    assert room.page.duel.roll.notes is None
    assert room.page.duel.roll._words[0] == "This file gives no notes"


def test_differences_of_all_metrics_are_told(room):
    a, b = room.sample("a.mid"), room.sample("b.mid", beats=64, epoch=2.0)
    room.page.duel.set_b(b)
    room.selection.set_sample(a)
    rows = [room.page.model.sample(key) for key in (a, b)]
    left, right, _ = (cell.text() for cell in room.page.duel.differences._cells["overall"])
    assert (left, right) == tuple(f"{row.overall:.2f}" for row in rows)
    assert not room.page.panel.isVisible()
    room.page.duel.close_button.click()
    assert room.page.panel.isVisible()
    assert room.player.status.rival is None
    assert not room.bar.swap.isVisibleTo(room.bar)


def test_same_bar_through_other_tempos_and_behind_the_end():
    fast, slow = (make_notes([(beat, 1, 60) for beat in range(16)], tempo_bpm=bpm) for bpm in (120, 60))
    carry = same_bar(fast, slow)
    assert [carry(seconds) for seconds in (0.0, 3.0, 8.0)] == pytest.approx([0.0, 6.0, 16.0])
    short = make_notes([(0, 1, 60)])
    assert same_bar(fast, short)(7.0) == -1.0


# -- tracks, parts, tempo -----------------------------------------------------------------------


def test_mute_in_the_legend_is_heard_and_seen(room, qtbot):
    a = room.sample("a.mid")
    room.selection.set_sample(a)
    room.page.legend.resize(600, 24)
    room.page.legend.grab()
    box, track, mark = room.page.legend._marks[0]
    assert (track, mark) == (0, "M")
    qtbot.mouseClick(room.page.legend, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert room.player.status.arrangement == Arrangement(muted=frozenset({0}))
    assert room.player._sound.arrangement.muted == {0}
    assert room.page.roll._silent == {0}
    assert room.bar.how.text() == "100 %  M"
    menu = QMenu()
    room.page.legend.fill_menu(menu)
    names = [action.text() for action in menu.actions()]
    assert names == ["Mute Melody", "Solo Melody", "Mute Bass", "Solo Bass"]
    menu.actions()[3].trigger()
    assert room.player.status.arrangement.solo == {1}


def test_muted_sound_differs_by_what_the_track_played(room):
    a = room.sample("a.mid")
    room.selection.set_sample(a)
    whole = room.sounds.sound(a[1])
    room.page.legend.toggle(0, "M")
    part = room.sounds.sound(a[1], Arrangement(muted=frozenset({0})))
    assert part.gain == whole.gain  # the others stay as loud
    assert np.abs(part.read(0, part.samples)).max() < np.abs(whole.read(0, whole.samples)).max()


def test_region_of_the_roll_is_repeated_and_shown(room):
    a = room.sample("a.mid")
    room.selection.set_sample(a)
    room.page.roll.region_chosen.emit((2.0, 4.0))
    assert (room.player.status.region, room.player.status.loop) == ((2.0, 4.0), True)
    assert room.page.roll._region == (pytest.approx(4.0, abs=0.05), pytest.approx(8.0, abs=0.05))
    assert "from 2.0 s to 4.0 s" in room.bar.loop.toolTip()
    room.page.roll.region_chosen.emit(None)
    assert room.player.status.region is None
    assert room.page.roll._region is None


def test_panel_sets_tempo_key_and_count_in(room):
    a = room.sample("a.mid")
    room.player.load(*a)
    panel = room.bar.panel
    panel.nudge_tempo(-20)
    panel.nudge_key(2)
    assert room.player.status.arrangement == Arrangement()  # a hand may still be on it
    panel.apply()
    assert room.player.status.arrangement == Arrangement(0.8, 2)
    assert room.bar.how.text() == "80 %  +2"
    assert not panel.count_in.isChecked()
    panel.count_in.setChecked(True)
    assert room.player.status.count_in
    panel.reset.click()
    assert room.player.status.arrangement == Arrangement()


def test_finding_that_is_clicked_is_heard(room):
    a = room.sample("a.mid")
    room.selection.set_sample(a)
    finding = Finding("dissonance", 8, 9, 4.0, 4.5, 0.5, "two notes clash")
    room.page.panel.finding_wanted.emit(finding)
    assert (room.player.status.phase, room.player.position_s) == (Phase.PLAYING, pytest.approx(3.75, abs=0.01))


# -- overview -----------------------------------------------------------------------------------


def test_bars_that_are_the_same_are_told(qtbot):
    bars = [(60, 62, 64, 65), (67, 65, 64, 62), (60, 62, 64, 65), (61, 63, 66, 68)]
    notes = make_notes([(4 * bar + beat, 1, pitch) for bar, row in enumerate(bars) for beat, pitch in enumerate(row)])
    patterns = bar_patterns(notes, bar_starts(notes))
    like = patterns @ patterns[0]
    assert like[2] == pytest.approx(1.0)
    assert like[3] == 0.0
    overview = RollOverview()
    qtbot.addWidget(overview)
    overview.resize(400, 44)
    overview.show_notes(notes)
    overview.grab()
    assert overview.words(0) == "Bar 1: the same onsets as bar 3"
    assert overview.words(3) == "Bar 4: like no other bar"
    with qtbot.waitSignal(overview.sought) as asked:
        qtbot.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    assert asked.args[0] == pytest.approx(8.0, abs=0.1)


# -- banks and files ----------------------------------------------------------------------------


def test_soundfont_is_listened_to_kept_or_given_up(room, qtbot, tmp_path):
    other = tmp_path / "other.sf2"
    shutil.copy(bundled_soundfont(), other)
    a = room.sample("a.mid")
    room.player.play_sample(*a)
    room.turn(2.0)
    dialog = SoundFontDialog(room.sounds, room.player)
    qtbot.addWidget(dialog)
    dialog.open_list()
    before = room.sounds.soundfont
    dialog.add_file(str(other))
    dialog.listen()
    assert room.sounds.soundfont == str(other)
    assert room.player.position_s == pytest.approx(2.0, abs=0.02)  # goes on where it was
    dialog.reject()
    assert room.sounds.soundfont == before
    dialog.open_list()
    dialog.add_file(str(other))
    with qtbot.waitSignal(dialog.kept) as kept:
        dialog.accept()
    assert kept.args == [str(other)]
    dialog.add_file(a[1])
    assert "no SoundFont" in dialog.words.text()


def test_export_writes_what_is_heard(room, qtbot, tmp_path):
    class Window(QMenu):
        def __init__(self):
            super().__init__()
            self.samples_menu = QMenu(self)

        def add_action(self, menu, text, _keys, slot):
            menu.addAction(text, slot)

    window = Window()
    qtbot.addWidget(window)
    settings = Settings(tmp_path / "settings.json")
    orders = SoundOrders(window, room.page, room.bar, room.player, room.sounds, settings)
    a = room.sample("a.mid")
    room.player.load(*a)
    room.player.arrange(Arrangement(tempo=2.0))
    target = tmp_path / "out.wav"
    with qtbot.waitSignal(orders.told, check_params_cb=lambda text: text.startswith("Written")):
        orders.write(a, str(target))
    with wave.open(str(target), "rb") as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(16.0 / 2 + 1.5, abs=0.1)
    orders.midi.close()
