"""Messages reach the port when they are due, after a seek with what rules there, and nothing hangs on."""

from __future__ import annotations

import builtins

import pytest
from PySide6.QtCore import QObject, Signal

from musiclog.arrangement import AS_WRITTEN
from musiclog.notes import TrackInfo, make_notes, write_midi
from musiclog_gui.work import midi_out
from musiclog_gui.work.midi_out import MidiOut, PortUnavailable
from musiclog_gui.work.player import Phase, Status
from musiclog_gui.work.pool import InlineExecutor
from musiclog_gui.work.synth_desk import SynthDesk


class FakePort:
    def __init__(self) -> None:
        self.messages, self.closed, self.broken = [], False, False

    def send(self, message):
        if self.broken:
            raise RuntimeError("cable pulled")
        self.messages.append(message)

    def close(self):
        self.closed = True

    def take(self):
        """What was sent since the last look, without the orders to be silent."""
        sent, self.messages = self.messages, []
        return [m for m in sent if not (m.type == "control_change" and m.control in {64, 120, 123} and not m.value)]


class FakePlayer(QObject):
    changed = Signal(object)
    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.status, self.position_s, self.elsewhere = Status(), 0.0, False

    def set_elsewhere(self, elsewhere):
        self.elsewhere = elsewhere

    def go(self, phase, seconds=0.0, path=None, arrangement=AS_WRITTEN):
        sample = ("run", path or self.status.sample[1])
        self.status, self.position_s = Status(phase, sample, 8.0, arrangement=arrangement), seconds
        self.changed.emit(self.status)


class Stand:
    def __init__(self, folder):
        self.now, self.port, self.player = 0.0, FakePort(), FakePlayer()
        desk = SynthDesk(InlineExecutor(), folder / "cache")
        self.out = MidiOut(self.player, desk, lambda _name: self.port, lambda: self.now)
        self.path = str(folder / "a.mid")
        rows = [(beat, 0.9, 60 + beat, 100) for beat in range(8)]
        write_midi(self.path, make_notes(rows, tracks=(TrackInfo("Strings", 48, False),)))
        self.out._timer.setInterval(1_000_000)  # the test calls tick()

    def until(self, seconds):
        while self.now < seconds - 1e-9:
            self.now = min(self.now + 0.004, seconds)
            self.out.tick()


@pytest.fixture
def stand(qapp, tmp_path):
    stand = Stand(tmp_path)
    yield stand
    stand.out.close()


def pitches(messages):
    return [message.note for message in messages if message.type == "note_on"]


def test_notes_are_sent_when_they_are_due(stand):
    stand.out.choose("Synth")
    stand.player.go(Phase.PLAYING, path=stand.path)
    assert stand.player.elsewhere
    stand.until(0.4)
    first = stand.port.take()
    assert [m.program for m in first if m.type == "program_change"] == [48]
    assert pitches(first) == [60]
    stand.until(0.49)
    assert [m.note for m in stand.port.take() if m.type == "note_off"] == [60]
    stand.until(0.504)
    assert pitches(stand.port.take()) == [61]


def test_seek_silences_and_sends_what_rules_there(stand):
    stand.out.choose("Synth")
    stand.player.go(Phase.PLAYING, path=stand.path)
    stand.until(0.1)
    stand.port.take()
    stand.player.position_s = 2.45
    stand.player.moved.emit(2.45)
    assert {m.control for m in stand.port.messages if m.type == "control_change"} == {64, 120, 123}
    assert [m.type for m in stand.port.take()] == ["program_change"]
    stand.until(0.2)
    assert pitches(stand.port.take()) == [65]


def test_small_differences_of_the_clocks_are_followed_without_repeating_notes(stand):
    stand.out.choose("Synth")
    stand.player.go(Phase.PLAYING, path=stand.path)
    stand.until(0.51)
    stand.port.take()
    stand.player.moved.emit(0.49)  # the device's clock is a little behind
    stand.until(0.6)
    assert pitches(stand.port.take()) == []


def test_pause_leaves_nothing_sounding(stand):
    stand.out.choose("Synth")
    stand.player.go(Phase.PLAYING, path=stand.path)
    stand.until(0.1)
    stand.port.messages.clear()
    stand.player.go(Phase.PAUSED, 0.1)
    assert sum(m.type == "control_change" and m.control == 123 for m in stand.port.messages) == 16
    stand.now += 2
    stand.out.tick()
    assert stand.port.take() == []


def test_port_that_is_gone_is_said_and_this_computer_plays_again(stand, qtbot):
    stand.out.choose("Synth")
    stand.player.go(Phase.PLAYING, path=stand.path)
    stand.port.broken = True
    with qtbot.waitSignal(stand.out.troubled) as told:
        stand.until(0.1)
    assert "cable pulled" in told.args[0]
    assert not stand.player.elsewhere
    assert stand.out.name is None


def test_port_that_cannot_be_opened_is_said(stand, qtbot):
    def refuse(name):
        raise PortUnavailable(f"{name} is busy")

    stand.out._opener = refuse
    with qtbot.waitSignal(stand.out.troubled) as told:
        stand.out.choose("Synth")
    assert told.args == ["Synth is busy"]
    assert not stand.player.elsewhere


def test_missing_package_is_said_kindly(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "rtmidi":
            raise ImportError("no rtmidi")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PortUnavailable, match=r"musiclog\[midi\]"):
        midi_out.port_names()
