"""A thread for each sink: training leaves word, the sink hears it a quarter of a second later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from . import About, Moment, Sink

if TYPE_CHECKING:
    from ..progress import Estimate

LOOK_EVERY_S: Final = 0.25
# Words that may wait for a slow sink, about 5 minutes of 100 steps a second; beyond it the newest are left out.
MOST_WAITING: Final = 30_000
CLOSE_S: Final = 20.0  # how long the end of a run waits for its sinks: W&B packs its files then

Complain = Callable[[str, str], None]
Word = tuple[str, tuple[Any, ...]]  # method of the sink, its arguments


@dataclass
class Outlet:
    """One sink and its thread.

    complain: takes a key and a sentence, and says each key once. opened: called when the sink is open.
    """

    sink: Sink
    about: About
    progress: Callable[[], Estimate]
    complain: Complain
    opened: Callable[[], None]
    _words: deque[Word] = field(default_factory=deque)
    _over: threading.Event = field(default_factory=threading.Event)
    _works: bool = True

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work, name=f"musiclog-{self.sink.name}", daemon=True)
        self._thread.start()

    def tell(self, method: str, step: float | None, t: float, epoch: float | None, *what: Any) -> None:
        """Never waits and never raises. method: of the sink; what: its arguments after the moment."""
        if not self._works:
            return
        if len(self._words) >= MOST_WAITING:
            self.complain(
                f"{self.sink.name} full",
                f"{self.sink.name} is too slow; what it cannot take is left out there, the run folder has all of it",
            )
            return
        self._words.append((method, (Moment(step, t, epoch), *what)))

    def end(self, state: str) -> None:
        """The last word."""
        self._words.append(("close", (state,)))
        self._over.set()

    def wait(self, until: float) -> None:
        """Until the last word was heard, or time.monotonic() is until."""
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self.complain(f"{self.sink.name} late", f"{self.sink.name} did not end within {CLOSE_S:g} s")

    def leave(self) -> None:
        """In a forked child, where the thread is not: the parent tells everything."""
        self._works = False
        self._do("leave")

    def _work(self) -> None:
        self._works = self._do("open", self.about)
        if not self._works:
            self._words.clear()
        self.opened()
        while self._works and not self._over.wait(LOOK_EVERY_S):
            self._empty()
            self._do("beat", time.time(), self.progress())
        if self._works:
            self._empty()

    def _empty(self) -> None:
        while self._words:
            method, arguments = self._words.popleft()
            self._do(method, *arguments)

    def _do(self, method: str, *arguments: Any) -> bool:
        try:
            getattr(self.sink, method)(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever a sink raises, training goes on
            name = self.sink.name
            ends = "it gets nothing of this run" if method == "open" else "training goes on"
            self.complain(f"sink {name}", f"{name} failed in {method}() ({type(error).__name__}: {error}); {ends}")
            return False
        return True


def close_all(outlets: Sequence[Outlet], state: str) -> None:
    """Tell all the end, then wait for them together, CLOSE_S at most."""
    for outlet in outlets:
        outlet.end(state)
    until = time.monotonic() + CLOSE_S
    for outlet in outlets:
        outlet.wait(until)
