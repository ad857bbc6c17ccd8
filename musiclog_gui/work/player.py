"""Play one sample at a time; what is seen follows what is heard."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from musiclog.arrangement import AS_WRITTEN, Arrangement

from .sound_output import PIECE, MixerOutput, Output, Samples, SilentOutput, SoundUnavailable
from .synth_desk import Sound, SynthDesk

# 60 looks a second: the playhead moves with every frame of the screen.
TICK_MS = 16
SKIP_S = 5.0
FADE_SAMPLES = 512  # 12 ms from one sound to the next, or against a click where playing begins inside a tone
SEAM_SAMPLES = 128  # 3 ms from the end of a repeated part to its beginning
CHECK_TICKS = 60  # once a second: is the device still there, or there again?
LEAD_S = 1.0  # so much must be rendered ahead before playing goes over to a sound that is still being made
SHORTEST_REGION_S = 0.05
SILENCES_KEPT = 200  # samples of which it is remembered which tracks are silent
Key = tuple[str, str]  # run id, path
Carry = Callable[[float], float]  # from seconds in one sample to those in another


class Phase(StrEnum):
    """What the player does."""

    EMPTY = "empty"
    LOADING = "loading"  # is to play, and the sound is not there yet
    PLAYING = "playing"
    PAUSED = "paused"
    BROKEN = "broken"  # the sample gives no sound; the reason is in the status


@dataclass(frozen=True, slots=True)
class Status:
    """What the player bar shows. All seconds are the sample's own, as written, whatever the tempo it is played in."""

    phase: Phase = Phase.EMPTY
    sample: Key | None = None
    length_s: float = 0.0
    loop: bool = False
    region: tuple[float, float] | None = None  # what is repeated; None: the whole sample
    arrangement: Arrangement = AS_WRITTEN
    count_in: bool = False  # a bar of clicks before playing begins
    rival: Key | None = None  # the other one of A and B, played at the same loudness
    volume: float = 0.8
    muted: bool = False
    notice: str = ""  # a sample's or the device's trouble


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the stream and where it comes from in the song, in samples; clicks come from no place."""

    stream: int
    song: int
    length: int
    moves: bool = True


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to sound as soon as it is rendered, and how a place in what sounds now becomes a place in it."""

    sample: Key
    arrangement: Arrangement
    carry: Carry


class Player(QObject):
    """A tape: sounds are fed to an output piece by piece, the position is read from the output's clock.

    Another tempo, key or choice of tracks is another sound of the same sample. It is rendered while the old one goes
    on, and taken over at the same musical place without a gap, as A and B are.
    """

    changed = Signal(object)  # Status
    moved = Signal(float)  # position in seconds
    finished = Signal(object)  # the sample that was played to its end

    def __init__(self, desk: SynthDesk, output: Output | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._device: Output = output or MixerOutput()
        self._output: Output = self._device
        self.status = Status()
        self._sound: Sound | None = None
        self._wish: _Wish | None = None
        self._cursor = 0  # the next sample of the song that the output gets
        self._fed = 0  # samples of the stream that the output got
        self._stretches: deque[_Stretch] = deque()
        self._clicks: np.ndarray | None = None  # what is left of the count-in
        self._position = 0
        self._gain: float | None = None
        self._silences: OrderedDict[Key, Arrangement] = OrderedDict()
        self._elsewhere = False  # an instrument plays, and this computer keeps the time
        self._ticks = 0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        desk.grown.connect(self._sound_grew)
        desk.failed.connect(self._sound_failed)

    @property
    def position_s(self) -> float:
        return self._position * self._step_s

    # -- orders -----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the first click as fast as the next ones; to be called when the window stands."""
        self._desk.warm_up()
        self._device.prepare()

    @Slot(str, str)
    def play_sample(self, run_id: str, path: str) -> None:
        """From its beginning, as soon as its first second is rendered."""
        self.load(run_id, path)
        self.play()

    def load(self, run_id: str, path: str) -> None:
        """Make it the current sample without playing it. Tempo and key stay; tracks and region are another sample's."""
        self._silence()
        self._wish = None
        arrangement = self.arrangement_of((run_id, path))
        self._sound, self._position = self._desk.sound(path, arrangement), 0
        self._set(phase=Phase.PAUSED, sample=(run_id, path), length_s=self._length_s(), notice="", region=None,
                  arrangement=arrangement)  # fmt: skip
        self.moved.emit(0.0)
        if self._sound is None:
            self._desk.request(path, arrangement, urgent=True)

    def arrange(self, arrangement: Arrangement) -> None:
        """Play in another way, from the same musical place; what sounds goes on until that is rendered."""
        if arrangement == self.status.arrangement:
            return
        if self.status.sample is not None:
            self._remember(self.status.sample, arrangement)
        self._set(arrangement=arrangement)
        if self.status.sample is not None and self.status.phase is not Phase.BROKEN:
            self._replace(_Wish(self.status.sample, arrangement, _same_second))

    def switch(self, sample: Key, carry: Carry | None = None) -> None:
        """Go over to another sample at the same place, playing or not; without `carry` at the same second."""
        if self.status.sample is None:
            self.load(*sample)
        elif sample != self.status.sample:
            self._replace(_Wish(sample, self.arrangement_of(sample), carry or _same_second))

    def silence(self, sample: Key, arrangement: Arrangement) -> None:
        """Mute tracks of a sample or let some play alone, whether it is heard now or later."""
        if sample == self.status.sample:
            tracks = {"muted": arrangement.muted, "solo": arrangement.solo}
            self.arrange(replace(self.status.arrangement, **tracks))
        else:
            self._remember(sample, arrangement)
            self.changed.emit(self.status)

    def arrangement_of(self, sample: Key | None) -> Arrangement:
        """How a sample is or would be played now: in this tempo and key, with its tracks as they were left."""
        if sample is not None and sample == self.status.sample:
            return self.status.arrangement
        left = self._silences.get(sample, AS_WRITTEN) if sample is not None else AS_WRITTEN
        return replace(self.status.arrangement, muted=left.muted, solo=left.solo)

    def set_rival(self, rival: Key | None) -> None:
        """Match the loudness with this sample's, where one of both cannot be as loud as all others."""
        self._set(rival=rival)

    @Slot()
    def refresh(self) -> None:
        """Render the current sample anew: the SoundFont is another."""
        if self.status.sample is not None:
            self._replace(_Wish(self.status.sample, self.status.arrangement, _same_second))

    @Slot()
    def play(self) -> None:
        if self.status.sample is None or self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            return
        if self._sound is None:
            self._set(phase=Phase.LOADING, notice="")
            self._desk.request(self.status.sample[1], self.status.arrangement, urgent=True)
            return
        if self._position >= self._sound.samples:
            self._position = 0
        self._begin(count_in=self.status.count_in)

    @Slot()
    def pause(self) -> None:
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._silence()
            self._set(phase=Phase.PAUSED)

    @Slot()
    def toggle(self) -> None:
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self.pause()
        else:
            self.play()

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Go there, playing or not."""
        if self._sound is None:
            return
        fade = self._leaving(self._song_at(self._output.taken())) if self.status.phase is Phase.PLAYING else None
        self._position = self._place(seconds)
        self.moved.emit(self.position_s)
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._begin(fade=fade)

    @Slot()
    def forward(self) -> None:
        self.seek(self.position_s + SKIP_S)

    @Slot()
    def back(self) -> None:
        self.seek(self.position_s - SKIP_S)

    @Slot(bool)
    def set_loop(self, loop: bool) -> None:
        self._set(loop=loop)

    @Slot(object)
    def set_region(self, region: tuple[float, float] | None) -> None:
        """Repeat from one second to another, or the whole sample again; what is shorter than 50 ms is no part."""
        if region is not None:
            begin, end = sorted(min(max(edge, 0.0), self.status.length_s) for edge in region)
            region = (begin, end) if end - begin >= SHORTEST_REGION_S else None
        self._set(region=region, loop=region is not None or self.status.loop)
        if region is not None and self.status.phase is Phase.PLAYING:  # what was fed ahead may lie beyond its end
            self._position = self._song_at(self._output.taken())
            self._begin(fade=self._leaving(self._position))

    @Slot(bool)
    def set_count_in(self, count_in: bool) -> None:
        self._set(count_in=count_in)

    @Slot(float)
    def set_volume(self, volume: float) -> None:
        self._set(volume=min(max(volume, 0.0), 1.0))
        self._apply_volume()

    @Slot(bool)
    def set_muted(self, muted: bool) -> None:
        self._set(muted=muted)
        self._apply_volume()

    def set_elsewhere(self, elsewhere: bool) -> None:
        """Be silent, because an instrument plays what is played."""
        self._elsewhere = elsewhere
        self._apply_volume()

    @Slot()
    def close(self) -> None:
        self._timer.stop()
        self._output.stop()
        self._device.close()

    @Slot()
    def tick(self) -> None:
        """Feed the output and tell the position; the timer calls it 60 times a second."""
        if self.status.phase is not Phase.PLAYING:
            return
        self._look()
        if self.status.phase is not Phase.PLAYING:  # who heard the position paused here
            return
        self._ticks += 1
        if self._ticks % CHECK_TICKS == 0:
            self._check_device()
        if self._output.running():
            self._feed()
        elif self._at_end():
            self._end()
        else:  # the window was held up, or the rendering was overtaken: go on where it broke off
            self._begin()

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _step_s(self) -> float:
        """Seconds of the sample as written in one sample of its sound."""
        return self._sound.arrangement.tempo / self._sound.hz if self._sound else 1.0

    def _place(self, seconds: float) -> int:
        """Where in the sound a second of the sample as written is."""
        samples = self._sound.samples if self._sound else 0
        return min(max(round(seconds / self._step_s), 0), samples)

    def _length_s(self) -> float:
        return self._sound.samples * self._step_s if self._sound else 0.0

    def _remember(self, sample: Key, arrangement: Arrangement) -> None:
        self._silences[sample] = arrangement
        self._silences.move_to_end(sample)
        while len(self._silences) > SILENCES_KEPT:
            self._silences.popitem(last=False)

    def _replace(self, wish: _Wish) -> None:
        self._wish = wish
        sound = self._desk.sound(wish.sample[1], wish.arrangement)
        if sound is None or not self._take_over(sound):
            self._desk.request(wish.sample[1], wish.arrangement, urgent=True)

    def _take_over(self, sound: Sound) -> bool:
        """Let the wished sound go on in the place of the old one, if enough of it is there."""
        wish = self._wish
        assert wish is not None
        playing = self.status.phase is Phase.PLAYING
        step_s = sound.arrangement.tempo / sound.hz
        place = self._song_at(self._output.taken()) if playing else self._position
        seconds = wish.carry(place * self._step_s)
        position = round(seconds / step_s)
        if not 0 <= position < sound.samples:  # it has ended there: from its beginning
            position = 0
        if not sound.complete and sound.ready < position + LEAD_S * sound.hz:
            return False
        fade = self._leaving(place) if playing else None
        another = self.status.sample != wish.sample
        self._sound, self._position, self._wish = sound, position, None
        region = self.status.region
        if another and region is not None:
            region = (wish.carry(region[0]), wish.carry(region[1]))
        phase = self.status.phase if self.status.phase is not Phase.BROKEN else Phase.PAUSED
        self._set(phase=phase, sample=wish.sample, arrangement=wish.arrangement, length_s=self._length_s(),
                  region=region)  # fmt: skip
        self.moved.emit(self.position_s)
        if self.status.phase in {Phase.PLAYING, Phase.LOADING}:
            self._begin(fade=fade)
        return True

    def _leaving(self, place: int) -> np.ndarray:
        """What the old sound would have gone on with, dying away, at its level."""
        assert self._sound is not None
        tail = self._sound.read(place, FADE_SAMPLES) * np.float32(self._gain or self._target_gain())
        return tail * np.linspace(1, 0, FADE_SAMPLES, dtype=np.float32)[: len(tail), None]

    def _begin(self, *, count_in: bool = False, fade: np.ndarray | None = None) -> None:
        """Start a stream at the position."""
        assert self._sound is not None
        self._cursor, self._fed, self._gain = self._position, 0, None
        self._stretches.clear()
        self._clicks = clicks(self._sound) if count_in else None
        piece = self._next_piece()
        if piece is None:
            self._output.stop()
            self._set(phase=Phase.LOADING)
            return
        self._open()
        start = piece[:FADE_SAMPLES] * np.linspace(0, 1, FADE_SAMPLES)[: len(piece), None]
        if fade is not None:
            start[: len(fade)] += 32767 * fade[: len(start)]
        piece[: len(start)] = np.clip(start, -32767, 32767)
        self._output.start(piece)
        self._timer.start()
        if self.status.phase is not Phase.PLAYING:
            self._set(phase=Phase.PLAYING)
        self._feed()

    def _check_device(self) -> None:
        """A lost device is left for silence, in time; one that is there again, or free, is taken at once."""
        if self._output is self._device:
            try:
                self._device.check()
            except SoundUnavailable as trouble:
                self._device.close()
                self._output = SilentOutput()
                self._begin()
                self._set(notice=str(trouble))
        else:
            try:
                self._device.open()
            except SoundUnavailable:
                return  # as before, and that is said already
            self._output.stop()
            self._set(notice="")
            self._begin()

    def _open(self) -> None:
        """The device may have come since the last try; without one the playhead runs in silence, and that is said."""
        try:
            self._device.open()
        except SoundUnavailable as trouble:
            if self._output is self._device:
                self._output = SilentOutput()
            self._set(notice=str(trouble))
        else:
            self._output = self._device
        self._apply_volume()

    def _apply_volume(self) -> None:
        """Squared, because ears judge amplitudes on a logarithmic scale: the middle of the slider is -12 dB."""
        silent = self.status.muted or self._elsewhere
        self._output.set_volume(0.0 if silent else self.status.volume**2)

    def _feed(self) -> None:
        while self._output.hungry() and (piece := self._next_piece()) is not None:
            self._output.queue(piece)

    def _next_piece(self) -> Samples | None:
        """The next samples of the stream; across the seam of what is repeated without a gap. None: there are none."""
        parts: list[np.ndarray] = []
        wanted = PIECE
        while wanted:
            part = self._next_clicks(wanted) if self._clicks is not None else self._next_part(wanted)
            if not len(part):
                break
            self._fed += len(part)
            wanted -= len(part)
            parts.append(part)
        return (np.clip(np.concatenate(parts), -1.0, 1.0) * 32767).astype(np.int16) if parts else None

    def _next_clicks(self, wanted: int) -> np.ndarray:
        assert self._clicks is not None
        part, rest = self._clicks[:wanted], self._clicks[wanted:]
        self._clicks = rest if len(rest) else None
        self._stretches.append(_Stretch(self._fed, self._cursor, len(part), moves=False))
        return part

    def _next_part(self, wanted: int) -> np.ndarray:
        assert self._sound is not None
        begin, end = self._repeated()
        ending = None
        if self._cursor >= end and self.status.loop:
            if end < self._sound.samples:
                ending = self._sound.read(end, SEAM_SAMPLES)
            self._cursor = begin
        until = end if self.status.loop else self._sound.samples
        part = self._levelled(self._sound.read(self._cursor, min(wanted, until - self._cursor)), ending)
        if len(part):
            self._stretches.append(_Stretch(self._fed, self._cursor, len(part)))
            self._cursor += len(part)
        return part

    def _repeated(self) -> tuple[int, int]:
        assert self._sound is not None
        if self.status.region is None or not self.status.loop:
            return 0, self._sound.samples
        begin, end = (self._place(edge) for edge in self.status.region)
        return begin, max(end, begin + 1)

    def _levelled(self, part: np.ndarray, ending: np.ndarray | None) -> np.ndarray:
        """At the common loudness. A better estimate of the gain comes in over one piece, unheard.

        ending is what sounded on over the seam: it dies away while the beginning comes in.
        """
        if not len(part):
            return part
        target = self._target_gain()
        ramp = np.linspace(self._gain or target, target, len(part), dtype=np.float32)[:, None]
        self._gain = target
        part = part * ramp
        if ending is not None:
            count = min(len(part), len(ending))
            rise = np.linspace(0, 1, count, dtype=np.float32)[:, None]
            part[:count] = part[:count] * rise + ending[:count] * target * (1 - rise)
        return part

    def _target_gain(self) -> float:
        """The sound's own; of A and B the louder one is brought down to what the other one can reach."""
        assert self._sound is not None
        other = self._desk.sound(self.status.rival[1]) if self.status.rival is not None else None
        if other is None or other.lufs is None or self._sound.lufs is None:
            return self._sound.gain
        return self._sound.gain * 10 ** (min(other.lufs - self._sound.lufs, 0.0) / 20)

    def _song_at(self, stream: int) -> int:
        """Where in the song a sample of the stream comes from."""
        for stretch in reversed(self._stretches):
            if stretch.stream <= stream:
                return stretch.song + (min(stream - stretch.stream, stretch.length) if stretch.moves else 0)
        return self._position

    def _look(self) -> None:
        heard = self._output.heard()
        while len(self._stretches) > 1 and self._stretches[1].stream <= heard:
            self._stretches.popleft()
        if self._stretches:
            self._position = self._song_at(heard)
            self.moved.emit(self.position_s)

    def _at_end(self) -> bool:
        return self._sound is not None and self._cursor >= self._sound.samples and not self.status.loop

    def _end(self) -> None:
        self._silence()
        self._position = 0
        self._set(phase=Phase.PAUSED)
        self.moved.emit(0.0)
        self.finished.emit(self.status.sample)

    def _silence(self) -> None:
        self._timer.stop()
        self._output.stop()
        self._stretches.clear()
        self._clicks = None

    def _set(self, **fields: object) -> None:
        status = replace(self.status, **fields)
        if status != self.status:
            self.status = status
            self.changed.emit(status)

    @Slot(str, object)
    def _sound_grew(self, path: str, sound: Sound) -> None:
        wish = self._wish
        if wish is not None and (wish.sample[1], wish.arrangement) == (path, sound.arrangement):
            self._take_over(sound)
        elif self.status.sample is not None and (self.status.sample[1], self.status.arrangement) == (
            path, sound.arrangement
        ):  # fmt: skip
            self._sound = sound
            self._set(length_s=self._length_s())
            if self.status.phase is Phase.LOADING:
                self._begin(count_in=self.status.count_in and self._position == 0)

    @Slot(str, str)
    def _sound_failed(self, path: str, reason: str) -> None:
        if self._wish is not None and self._wish.sample[1] == path != (self.status.sample or ("", ""))[1]:
            self._wish = None
            self._set(notice=reason)  # what sounds goes on
        elif self.status.sample is not None and self.status.sample[1] == path:
            self._wish = None
            self._silence()
            self._set(phase=Phase.BROKEN, notice=reason)


def clicks(sound: Sound) -> np.ndarray:
    """A bar of clicks in the tempo of the opening, the first one higher: (samples, 2) float32."""
    beats, beat = max(round(sound.bar_beats), 1), round(sound.beat_s * sound.hz)
    result = np.zeros((beats * beat, 2), np.float32)
    time_s = np.arange(min(beat, round(0.03 * sound.hz))) / sound.hz
    for number in range(beats):
        tone = 0.3 * np.sin(2 * np.pi * (1_600 if number == 0 else 1_200) * time_s) * np.exp(-time_s / 0.006)
        result[number * beat : number * beat + len(tone)] = tone[:, None]
    return result


def _same_second(seconds: float) -> float:
    return seconds
