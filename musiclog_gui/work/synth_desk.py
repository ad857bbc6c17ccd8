"""Have samples made into sound in processes, ahead of the click where it can be foreseen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from musiclog.arrangement import AS_WRITTEN, Arrangement

from .cache import cache_folder, without_name
from .pool import Executor, Pool, Task
from .rendering import Rendered, render_to_file, warm_up

# Sounds kept open: they are mapped files, so they cost address space and no memory of ours.
SOUNDS_KEPT = 64
# Samples of a folder with a thousand runs all arrive at once; nobody listens to them all next.
MOST_AHEAD = 12
# Two, so that a click finds one at rest: one that has just been at work is given the processor later on a busy machine,
# and must first hear that nobody wants its sound any longer.
VOICES = 2
Take = tuple[str, Arrangement]  # a sample's path, and how it is played


def voices(parent: QObject | None = None) -> Pool:
    """Processes that do nothing but make what the user wants to hear now, their SoundFont loaded."""
    return Pool(VOICES, prompt=VOICES, parent=parent)


class Sound:
    """Sound of one sample that may still grow: a mapped file of (samples, 2) float32."""

    def __init__(self, rendered: Rendered) -> None:
        self._pcm = np.memmap(rendered.pcm, np.float32, "r", shape=(rendered.samples, 2))
        self.path, self.arrangement = rendered.path, rendered.arrangement
        self.hz, self.samples = rendered.hz, rendered.samples
        self.beat_s, self.bar_beats = rendered.beat_s, rendered.bar_beats
        self.ready, self.gain, self.lufs = rendered.ready, rendered.gain, rendered.lufs

    @property
    def length_s(self) -> float:
        return self.samples / self.hz

    @property
    def complete(self) -> bool:
        return self.ready == self.samples

    def grow(self, rendered: Rendered) -> None:
        self.ready, self.gain, self.lufs = rendered.ready, rendered.gain, rendered.lufs

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Up to count samples from start, as far as they are there: (n, 2) at the synthesiser's level."""
        return self._pcm[start : min(start + count, self.ready)]


class SynthDesk(QObject):
    """Sounds of the samples asked for last."""

    grown = Signal(str, object)  # path, Sound: its beginning is there, or more of it
    failed = Signal(str, str)  # path, reason
    troubled = Signal(str)  # there is no sound at all on this machine, and why

    def __init__(
        self,
        executor: Executor,
        folder: Path | None = None,
        soundfont: str | None = None,
        parent: QObject | None = None,
        voice: Executor | None = None,
    ) -> None:
        """executor: for what is made ahead and everything else; voice: for what the user wants to hear now."""
        super().__init__(parent)
        self._executor, self._voice = executor, voice or executor
        self._folder, self._soundfont = folder or cache_folder(), soundfont
        self._sounds: OrderedDict[Take, Sound] = OrderedDict()
        self._under_way: dict[Take, Task] = {}

    @property
    def soundfont(self) -> str | None:
        """The one chosen by the user; None takes the best of this machine."""
        return self._soundfont

    def warm_up(self) -> None:
        """Start the voices and load the SoundFont there, so that the first click is as fast as the next."""
        for _ in range(VOICES):
            self._voice.submit(warm_up, self._soundfont, done=_ignore, failed=self.troubled.emit, urgent=True)

    def sound(self, path: str, arrangement: Arrangement = AS_WRITTEN) -> Sound | None:
        return self._sounds.get((path, arrangement))

    def foresee(self, path: str) -> None:
        """It may be listened to soon: rendered when nothing else is to do, unless much waits already."""
        if len(self._under_way) < MOST_AHEAD:
            self.request(path)

    def request(self, path: str, arrangement: Arrangement = AS_WRITTEN, *, urgent: bool = False) -> None:
        """Have it rendered; urgent when the user waits for it, and so no longer for any other."""
        take = (path, arrangement)
        if urgent:
            self._drop_urgent_but(take)
            self._drop_unbegun(take)
        if take in self._under_way:
            return
        if take in self._sounds:
            self._sounds.move_to_end(take)
            return
        executor = self._voice if urgent else self._executor
        task = executor.submit(
            render_to_file, path, self._folder, self._soundfont, arrangement, urgent=urgent,
            progress=self._grow, done=self._finish, failed=partial(self._fail, take),
        )  # fmt: skip
        if not task.finished:  # an inline executor has finished already
            self._under_way[take] = task

    def submit(self, call: Callable[..., Any], *arguments: Any, done: Callable[[Any], None],
               failed: Callable[[str], None]) -> None:  # fmt: skip
        """Have something else done with a sample in a worker, as soon as possible."""
        self._executor.submit(call, *arguments, done=done, failed=failed, urgent=True)

    def _drop_urgent_but(self, take: Take) -> None:
        for other, task in list(self._under_way.items()):
            if other != take and task.urgent:
                task.cancel()
                del self._under_way[other]
                self._sounds.pop(other, None)  # what is there of it is not all

    def _drop_unbegun(self, take: Take) -> None:
        """What waits to be made ahead, or has no beginning yet, is made at once by a voice instead."""
        ahead = self._under_way.get(take)
        if ahead is not None and not ahead.urgent and take not in self._sounds:
            ahead.cancel()
            del self._under_way[take]

    def choose_soundfont(self, soundfont: str | None) -> None:
        """What is rendered from now on sounds with it."""
        self._soundfont = soundfont
        self._sounds.clear()
        for task in self._under_way.values():
            task.cancel()
        self._under_way.clear()

    def _grow(self, rendered: Rendered) -> None:
        take = (rendered.path, rendered.arrangement)
        sound = self._sounds.get(take)
        if sound is None:
            try:
                sound = Sound(rendered)
            except OSError as error:  # removed from the cache by another window in this moment
                self._fail(take, f"its sound cannot be opened ({error.strerror})")
                return
            self._sounds[take] = sound
        sound.grow(rendered)
        while len(self._sounds) > SOUNDS_KEPT:
            self._sounds.popitem(last=False)
        self.grown.emit(rendered.path, sound)

    def _finish(self, rendered: Rendered) -> None:
        self._under_way.pop((rendered.path, rendered.arrangement), None)
        self._grow(rendered)

    def _fail(self, take: Take, reason: str) -> None:
        self._under_way.pop(take, None)
        self.failed.emit(take[0], without_name(reason, take[0]))


def _ignore(_name: object) -> None:
    """Which synthesiser it is does not matter here."""
