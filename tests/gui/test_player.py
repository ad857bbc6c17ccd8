"""The player's states against an output with a clock that the test turns, and once against the real mixer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from musiclog.arrangement import AS_WRITTEN, Arrangement
from musiclog.notes import make_notes, write_midi
from musiclog_gui.work.player import Phase, Player
from musiclog_gui.work.pool import InlineExecutor
from musiclog_gui.work.rendering import Rendered
from musiclog_gui.work.sound_output import PIECE, MixerOutput, SilentOutput, SoundUnavailable
from musiclog_gui.work.synth_desk import Sound, SynthDesk

HZ = 44_100
SAMPLE = ("run", "a.mid")


class Desk(QObject):
    """Sounds that the test hands in when it wants to."""

    grown = Signal(str, object)
    failed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.sounds, self.asked, self.ways = {}, [], []

    def sound(self, path, arrangement=AS_WRITTEN):
        return self.sounds.get(path if arrangement == AS_WRITTEN else (path, arrangement))

    def request(self, path, arrangement=AS_WRITTEN, *, urgent=False):
        self.asked.append((path, urgent))
        self.ways.append(arrangement)

    def warm_up(self):
        self.asked.append("warm up")

    def deliver(self, key, sound, path=None):
        self.sounds[key] = sound
        self.grown.emit(path or key, sound)


class Tape(SilentOutput):
    """An output that keeps what it was given; its clock stands until the test turns it."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(lambda: self.now)
        self.pieces, self.volume, self.trouble, self.lost, self.open_count = [], None, None, None, 0

    def open(self):
        self.open_count += 1
        if self.trouble:
            raise SoundUnavailable(self.trouble)

    def check(self):
        if self.lost:
            raise SoundUnavailable(self.lost)

    def start(self, piece):
        super().start(piece)
        self.pieces = [piece]

    def queue(self, piece):
        super().queue(piece)
        self.pieces.append(piece)

    def set_volume(self, volume):
        self.volume = volume


@pytest.fixture
def desk(qapp):
    return Desk()


@pytest.fixture
def tape():
    return Tape()


@pytest.fixture
def player(desk, tape):
    player = Player(desk, tape)
    player._timer.setInterval(1_000_000)  # the test calls tick()
    yield player
    player.close()


def make_sound(tmp_path, seconds=10.0, ready_s=None, level=0.1, path="a.mid", **more):
    """A sound whose samples count up, so that every one of them can be known again."""
    samples = round(seconds * HZ)
    file = tmp_path / f"{path}{seconds}{level}.f32"
    ramp = np.linspace(0, level, samples, dtype=np.float32)
    np.stack([ramp, ramp], axis=1).tofile(file)
    ready = samples if ready_s is None else round(ready_s * HZ)
    return Sound(Rendered(path, str(file), HZ, samples, ready, 1.0, **more))


def turn(player, tape, seconds):
    """Let time pass in steps of a frame."""
    until = tape.now + seconds
    while tape.now < until - 1e-9:
        tape.now = min(tape.now + 0.016, until)
        player.tick()


@pytest.fixture
def playing(player, desk, tape, tmp_path):
    desk.sounds["a.mid"] = make_sound(tmp_path)
    player.play_sample(*SAMPLE)
    return player


def test_nothing_chosen_plays_nothing(player):
    player.toggle()
    player.seek(3.0)
    player.tick()
    assert player.status.phase is Phase.EMPTY


def test_rendered_sample_plays_at_once_and_its_position_follows_the_output(playing, tape):
    assert playing.status.phase is Phase.PLAYING
    assert playing.status.length_s == pytest.approx(10.0)
    turn(playing, tape, 2.5)
    assert playing.position_s == pytest.approx(2.5, abs=0.001)


def test_sample_that_is_not_rendered_is_asked_for_and_plays_when_its_beginning_is_there(player, desk, tape, tmp_path):
    player.play_sample(*SAMPLE)
    assert player.status.phase is Phase.LOADING
    assert desk.asked[-1] == ("a.mid", True)
    desk.deliver("a.mid", make_sound(tmp_path, ready_s=1.0))
    assert player.status.phase is Phase.PLAYING


def test_player_that_overtakes_the_rendering_waits_and_goes_on(player, desk, tape, tmp_path):
    sound = make_sound(tmp_path, ready_s=1.0)
    desk.sounds["a.mid"] = sound
    player.play_sample(*SAMPLE)
    turn(player, tape, 1.5)
    assert player.status.phase is Phase.LOADING
    assert player.position_s == pytest.approx(1.0, abs=0.001)
    sound.grow(Rendered("a.mid", "", HZ, sound.samples, sound.samples, 1.0))
    desk.deliver("a.mid", sound)
    assert player.status.phase is Phase.PLAYING
    turn(player, tape, 1.0)
    assert player.position_s == pytest.approx(2.0, abs=0.001)


def test_pause_keeps_the_position_and_play_goes_on_there(playing, tape):
    turn(playing, tape, 3.0)
    playing.toggle()
    assert playing.status.phase is Phase.PAUSED
    turn(playing, tape, 5.0)
    assert playing.position_s == pytest.approx(3.0, abs=0.001)
    playing.toggle()
    turn(playing, tape, 1.0)
    assert playing.position_s == pytest.approx(4.0, abs=0.001)


def test_seek_is_exact_to_the_sample(playing, tape):
    playing.seek(7.25)
    assert playing.position_s == pytest.approx(7.25, abs=1 / HZ)
    loudest = tape.pieces[0][-1, 0] / 32767
    last = round(7.25 * HZ) + PIECE - 1
    assert loudest == pytest.approx(0.1 * last / (10 * HZ), abs=2e-5)
    turn(playing, tape, 1.0)
    assert playing.position_s == pytest.approx(8.25, abs=0.001)


@pytest.mark.parametrize(("asked", "reached"), [(-4.0, 0.0), (99.0, 10.0)])
def test_seek_beyond_the_ends_stops_at_them(playing, asked, reached):
    playing.pause()
    playing.seek(asked)
    assert playing.position_s == pytest.approx(reached)


def test_seek_while_paused_stays_paused(playing, tape):
    playing.pause()
    playing.seek(4.0)
    turn(playing, tape, 1.0)
    assert (playing.status.phase, playing.position_s) == (Phase.PAUSED, pytest.approx(4.0))


def test_end_stops_goes_back_and_tells(playing, tape, qtbot):
    playing.seek(9.5)
    with qtbot.waitSignal(playing.finished) as told:
        turn(playing, tape, 1.0)
    assert told.args == [SAMPLE]
    assert (playing.status.phase, playing.position_s) == (Phase.PAUSED, 0.0)


def test_loop_goes_over_its_seam_without_a_gap(playing, tape):
    playing.set_loop(True)
    playing.seek(9.9)
    turn(playing, tape, 0.5)
    assert playing.status.phase is Phase.PLAYING
    assert playing.position_s == pytest.approx(0.4, abs=0.001)
    stream = np.concatenate(tape.pieces)[:, 0].astype(int)
    seam = int(np.argmin(np.diff(stream)))
    assert seam + 1 == round(0.1 * HZ)
    assert stream[seam + 1] == 0


def test_every_sample_is_given_once_and_in_order(playing, tape):
    turn(playing, tape, 9.0)
    stream = np.concatenate(tape.pieces)[:, 0].astype(int)[200:]  # after the fade
    assert np.diff(stream).min() >= 0
    assert stream[-1] == pytest.approx(32767 * 0.1 * len(np.concatenate(tape.pieces)) / (10 * HZ), abs=2)


def test_window_that_was_held_up_goes_on_where_the_sound_broke_off(playing, tape):
    turn(playing, tape, 1.0)
    fed = sum(len(piece) for piece in tape.pieces) / HZ
    tape.now += 5.0  # no tick for five seconds
    playing.tick()
    assert playing.status.phase is Phase.PLAYING
    turn(playing, tape, 1.0)
    assert playing.position_s == pytest.approx(fed + 1.0, abs=0.02)


def test_another_sample_replaces_the_first(playing, desk, tape, tmp_path):
    turn(playing, tape, 2.0)
    desk.sounds["b.mid"] = make_sound(tmp_path, seconds=4.0)
    playing.play_sample("run", "b.mid")
    assert playing.status.sample == ("run", "b.mid")
    assert playing.status.length_s == pytest.approx(4.0)
    turn(playing, tape, 1.0)
    assert playing.position_s == pytest.approx(1.0, abs=0.001)


def test_sound_of_another_sample_is_passed_over(player, desk, tmp_path):
    player.play_sample(*SAMPLE)
    desk.deliver("other.mid", make_sound(tmp_path))
    assert player.status.phase is Phase.LOADING


def test_broken_sample_says_why_and_another_plays(player, desk, tmp_path):
    player.play_sample(*SAMPLE)
    desk.failed.emit("a.mid", "track 2 ends inside a message")
    assert (player.status.phase, player.status.notice) == (Phase.BROKEN, "track 2 ends inside a message")
    desk.sounds["b.mid"] = make_sound(tmp_path)
    player.play_sample("run", "b.mid")
    assert (player.status.phase, player.status.notice) == (Phase.PLAYING, "")


def test_gain_that_becomes_known_later_comes_in_without_a_jump(player, desk, tape, tmp_path):
    sound = make_sound(tmp_path, seconds=20.0)
    desk.sounds["a.mid"] = sound
    player.play_sample(*SAMPLE)
    sound.grow(Rendered("a.mid", "", HZ, sound.samples, sound.samples, 4.0))
    turn(player, tape, 3.0)
    stream = np.concatenate(tape.pieces)[:, 0].astype(float)
    assert np.abs(np.diff(stream)).max() < 3
    late = 2 * HZ
    assert stream[late] / 32767 == pytest.approx(4.0 * 0.1 * late / (20 * HZ), rel=0.01)


def test_volume_is_squared_kept_within_its_limits_and_muted(playing, tape):
    playing.set_volume(0.5)
    assert tape.volume == pytest.approx(0.25)
    playing.set_muted(True)
    assert tape.volume == 0.0
    playing.set_muted(False)
    playing.set_volume(7.0)
    assert (playing.status.volume, tape.volume) == (1.0, 1.0)


def test_machine_without_a_device_says_so_and_the_playhead_runs(player, desk, tape, tmp_path, monkeypatch):
    tape.trouble = "No sound: the device is busy"
    silent = SilentOutput(lambda: tape.now)
    monkeypatch.setattr("musiclog_gui.work.player.SilentOutput", lambda: silent)
    desk.sounds["a.mid"] = make_sound(tmp_path)
    player.play_sample(*SAMPLE)
    assert player.status.notice == "No sound: the device is busy"
    turn(player, tape, 1.0)
    assert (player.status.phase, player.position_s) == (Phase.PLAYING, pytest.approx(1.0, abs=0.001))


def test_device_that_comes_back_is_used_at_the_next_play(player, desk, tape, tmp_path):
    tape.trouble = "No sound: the device is busy"
    desk.sounds["a.mid"] = make_sound(tmp_path)
    player.play_sample(*SAMPLE)
    tape.trouble = None
    player.play_sample(*SAMPLE)
    assert player.status.notice == ""
    assert len(tape.pieces) > 0


# -- tempo, key, tracks -------------------------------------------------------------------------


def test_other_tempo_goes_on_at_the_same_musical_place_once_it_is_rendered(playing, desk, tape, tmp_path):
    turn(playing, tape, 4.0)
    twice = Arrangement(tempo=2.0)
    playing.arrange(twice)
    assert (desk.asked[-1], desk.ways[-1]) == (("a.mid", True), twice)
    turn(playing, tape, 1.0)  # the old one goes on
    assert playing.position_s == pytest.approx(5.0, abs=0.001)
    desk.deliver(("a.mid", twice), make_sound(tmp_path, seconds=5.0, arrangement=twice), path="a.mid")
    assert (playing.status.phase, playing.status.length_s) == (Phase.PLAYING, pytest.approx(10.0))
    turn(playing, tape, 1.0)
    assert playing.position_s == pytest.approx(7.0, abs=0.002)  # twice as fast
    last = tape.pieces[-1][-1, 0] / 32767
    assert last == pytest.approx(0.1 * playing._cursor / (5.0 * HZ), abs=2e-5)


def test_half_tempo_that_is_not_far_enough_rendered_waits_and_the_old_one_sounds(playing, desk, tape, tmp_path):
    turn(playing, tape, 6.0)
    slow = Arrangement(tempo=0.5)
    playing.arrange(slow)
    sound = make_sound(tmp_path, seconds=20.0, ready_s=8.0, arrangement=slow)
    desk.deliver(("a.mid", slow), sound, path="a.mid")
    assert playing._sound is not sound
    sound.grow(Rendered("a.mid", "", HZ, sound.samples, 14 * HZ, 1.0, slow))
    desk.deliver(("a.mid", slow), sound, path="a.mid")
    assert playing._sound is sound
    assert playing.position_s == pytest.approx(6.0, abs=0.001)


def test_change_has_no_gap_and_no_jump(playing, desk, tape, tmp_path):
    turn(playing, tape, 3.0)
    before = tape.pieces[-1][0, 0]
    higher = Arrangement(transpose=3)
    desk.sounds["a.mid", higher] = make_sound(tmp_path, arrangement=higher, level=0.0999)
    playing.arrange(higher)
    assert abs(int(tape.pieces[0][0, 0]) - 0.1 * 32767 * 0.3) < 5  # where the old one was: the fade begins in it
    assert np.abs(np.diff(np.concatenate(tape.pieces)[:, 0].astype(int))).max() < 3
    assert before > 0


def test_arrangement_while_paused_keeps_the_place_and_stays_paused(playing, desk, tape, tmp_path):
    playing.seek(4.0)
    playing.pause()
    fast = Arrangement(tempo=2.0)
    desk.sounds["a.mid", fast] = make_sound(tmp_path, seconds=5.0, arrangement=fast)
    playing.arrange(fast)
    assert (playing.status.phase, playing.position_s) == (Phase.PAUSED, pytest.approx(4.0))
    playing.seek(8.0)
    assert playing.position_s == pytest.approx(8.0)


def test_tempo_and_key_stay_with_the_next_sample_and_silent_tracks_do_not(playing, desk, tape, tmp_path):
    asked = Arrangement(1.5, 2, frozenset({1}))
    desk.sounds["a.mid", asked] = make_sound(tmp_path, arrangement=asked)
    playing.arrange(asked)
    playing.load("run", "b.mid")
    assert playing.status.arrangement == Arrangement(1.5, 2)


def test_count_in_is_a_bar_of_clicks_before_the_first_note(player, desk, tape, tmp_path):
    desk.sounds["a.mid"] = make_sound(tmp_path, beat_s=0.4, bar_beats=3.0)
    player.set_count_in(True)
    player.play_sample(*SAMPLE)
    turn(player, tape, 1.2)
    assert player.position_s == 0.0
    turn(player, tape, 1.0)
    assert player.position_s == pytest.approx(1.0, abs=0.001)
    stream = np.abs(np.concatenate(tape.pieces)[:, 0].astype(int))
    for beat in range(1, 3):
        click = round(beat * 0.4 * HZ)
        assert stream[click - 500 : click].max() == 0
        assert stream[click : click + 500].max() > 3000
    assert stream[round(1.2 * HZ)] == 0
    assert not Player(desk, tape).status.count_in


# -- a part repeated ----------------------------------------------------------------------------


def test_region_is_repeated_to_the_sample_without_a_gap(playing, tape):
    playing.seek(2.0)
    playing.set_region((2.5, 3.0))
    assert playing.status.loop
    turn(playing, tape, 1.75)  # 0.5 to its end, twice through, half of the third
    assert playing.position_s == pytest.approx(2.75, abs=0.001)
    stream = np.concatenate(tape.pieces)[:, 0].astype(float)
    low, high = 0.25 * 0.1 * 32767, 0.30 * 0.1 * 32767
    assert stream.max() < high + 2
    tops = [round((1.0 + 0.5 * k) * HZ) for k in range(3)]  # where each pass ends
    for top in tops:
        assert stream[top - 1] == pytest.approx(high, abs=1.5)
        assert stream[top + 200] == pytest.approx(low + 200 / HZ / 10 * 0.1 * 32767, abs=1.5)


def test_region_behind_the_playhead_is_gone_to_at_once(playing, tape):
    playing.seek(8.0)
    playing.set_region((1.0, 2.0))
    turn(playing, tape, 0.5)
    assert playing.position_s == pytest.approx(1.5, abs=0.002)


def test_region_is_kept_within_the_sample_sorted_and_not_too_short(playing):
    playing.set_region((12.0, 9.0))
    assert playing.status.region == (9.0, pytest.approx(10.0))
    playing.set_region((3.0, 3.01))
    assert playing.status.region is None
    playing.set_region((3.0, 4.0))
    playing.load("run", "b.mid")
    assert playing.status.region is None


def test_region_in_another_tempo_is_the_same_music(playing, desk, tape, tmp_path):
    fast = Arrangement(tempo=2.0)
    desk.sounds["a.mid", fast] = make_sound(tmp_path, seconds=5.0, arrangement=fast)
    playing.set_region((2.0, 4.0))
    playing.arrange(fast)
    turn(playing, tape, 2.5)  # 5 seconds of the music: to 4, and 1 more from 2
    assert playing.position_s == pytest.approx(3.0, abs=0.002)


# -- A and B ------------------------------------------------------------------------------------


def test_switch_goes_on_at_the_same_second_and_back(playing, desk, tape, tmp_path):
    desk.sounds["b.mid"] = make_sound(tmp_path, path="b.mid", level=0.05)
    turn(playing, tape, 3.0)
    playing.switch(("run", "b.mid"))
    assert (playing.status.phase, playing.status.sample) == (Phase.PLAYING, ("run", "b.mid"))
    assert playing.position_s == pytest.approx(3.0, abs=0.001)
    turn(playing, tape, 1.0)
    playing.switch(SAMPLE)
    assert playing.position_s == pytest.approx(4.0, abs=0.001)


def test_switch_by_bars_goes_to_the_same_bar(playing, desk, tape, tmp_path):
    desk.sounds["b.mid"] = make_sound(tmp_path, path="b.mid", seconds=20.0)
    playing.set_region((2.0, 3.0))
    playing.seek(2.5)
    playing.switch(("run", "b.mid"), lambda seconds: 2 * seconds)
    assert playing.position_s == pytest.approx(5.0, abs=0.001)
    assert playing.status.region == (4.0, 6.0)


def test_switch_to_what_is_not_rendered_waits_while_the_old_one_sounds(playing, desk, tape, tmp_path):
    turn(playing, tape, 1.0)
    playing.switch(("run", "b.mid"))
    turn(playing, tape, 1.0)
    assert (playing.status.sample, playing.position_s) == (SAMPLE, pytest.approx(2.0, abs=0.001))
    desk.deliver("b.mid", make_sound(tmp_path, path="b.mid"))
    assert playing.status.sample == ("run", "b.mid")
    assert playing.position_s == pytest.approx(2.0, abs=0.001)


def test_switch_to_a_broken_sample_is_said_and_the_old_one_goes_on(playing, desk, tape):
    playing.switch(("run", "b.mid"))
    desk.failed.emit("b.mid", "No MIDI header")
    turn(playing, tape, 1.0)
    assert (playing.status.phase, playing.status.sample, playing.status.notice) == (
        Phase.PLAYING, SAMPLE, "No MIDI header")  # fmt: skip


def test_switch_beyond_the_other_ones_end_begins_it_anew(playing, desk, tmp_path):
    desk.sounds["b.mid"] = make_sound(tmp_path, path="b.mid", seconds=2.0)
    playing.seek(6.0)
    playing.switch(("run", "b.mid"))
    assert playing.position_s == 0.0


def test_rivals_are_heard_at_the_loudness_that_both_can_reach(player, desk, tape, tmp_path):
    desk.sounds["a.mid"] = make_sound(tmp_path, lufs=-18.0)
    desk.sounds["b.mid"] = make_sound(tmp_path, path="b.mid", lufs=-24.0)
    player.set_rival(("run", "b.mid"))
    player.play_sample(*SAMPLE)
    assert player._target_gain() == pytest.approx(10 ** (-6 / 20))
    player.set_rival(SAMPLE)
    player.switch(("run", "b.mid"))
    assert player._target_gain() == 1.0


# -- the device ---------------------------------------------------------------------------------


def test_device_lost_while_playing_is_said_and_found_again(playing, tape, monkeypatch):
    silent = SilentOutput(lambda: tape.now)
    monkeypatch.setattr("musiclog_gui.work.player.SilentOutput", lambda: silent)
    turn(playing, tape, 0.5)
    tape.lost = tape.trouble = "The sound device is gone"
    turn(playing, tape, 3.0)
    assert playing.status.notice == "The sound device is gone"
    assert (playing.status.phase, playing.position_s) == (Phase.PLAYING, pytest.approx(3.5, abs=0.05))
    tape.lost = tape.trouble = None
    turn(playing, tape, 3.0)
    assert playing.status.notice == ""
    assert playing._output is tape
    assert playing.position_s == pytest.approx(6.5, abs=0.05)


def test_mixer_whose_clock_stands_still_is_lost(qapp):
    output = MixerOutput()
    output.open()
    output._mixed = lambda: 4_096
    output.check()
    with pytest.raises(SoundUnavailable, match="stands still"):
        output.check()
    output.close()


def test_real_mixer_plays_a_real_file_and_keeps_its_clock(qtbot, tmp_path):
    path = tmp_path / "tune.mid"
    write_midi(path, make_notes([(beat, 1, 60 + beat) for beat in range(8)]))
    desk = SynthDesk(InlineExecutor(), tmp_path / "cache")
    player = Player(desk, MixerOutput())
    positions = []
    player.moved.connect(positions.append)
    with qtbot.waitSignal(player.moved, check_params_cb=lambda seconds: seconds > 0.2, timeout=10_000):
        player.play_sample("run", str(path))
    assert player.status.phase is Phase.PLAYING
    assert positions == sorted(positions)
    player.seek(player.status.length_s - 0.2)
    with qtbot.waitSignal(player.finished, timeout=10_000):
        pass
    player.close()


def test_mixer_without_a_device_is_reported(monkeypatch):
    monkeypatch.setenv("SDL_AUDIODRIVER", "nonsense")
    with pytest.raises(SoundUnavailable, match=r"No sound: .+"):
        MixerOutput().open()
