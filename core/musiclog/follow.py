"""Follow every run under some folders and tell what happens, live runs first."""

from __future__ import annotations

import contextlib
import heapq
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from .bell import MOST, Bell
from .column_cache import CachedCursor, ColumnCache
from .discovery import Discovery
from .errors import ReadError
from .glance import Sketch
from .judgement import Judgement
from .listing import Listings, Remembered, stamp
from .messages import FolderTrouble, Found, Listed, Lost, Message, Update
from .records import News, RunRef
from .registry import Cursor, Readers, readers
from .run_data import CRASHED, FINISHED, RunData
from .tail import TURN
from .vigil import Vigil

__all__ = ["FolderTrouble", "Follower", "Found", "Lost", "Message", "Update", "serve"]

# A live file is looked at this often where nobody rings; a stat costs 3 microseconds.
LIVE_S = 0.025
# Runs that were quiet for a while are looked at less: every twentieth of that while, at most every 600 ms
# while they may be alive, every five seconds after ten minutes, and rarely once they said that they ended.
QUIET_S, IDLE_S, ENDED_S = 0.6, 5.0, 15.0
# What a few stats do not show (a text log, a list of files used) is looked for this often.
WHOLE_S, WHOLE_ENDED_S = 30.0, 300.0
LIVE_FOR_S = 10.0
# The first look at a run takes less, so that its first points are there at once.
FIRST_TURN = 500_000
# While other runs are live, a loading one takes less at a time, so that they wait for 20 ms at most.
SHARED_TURN = 800_000
# New runs are looked for this often; 1,000 known folders cost 3 ms.
DISCOVER_S = 1.0
DISCOVER_QUIET_S = 3.0  # the same where none came for a minute
NEW_RUN_S = 0.25  # the same where the bell rang
# A run for which the bell rings is looked at after five milliseconds for each run that is heard, at least twenty
# times a second: twenty runs at 100 lines a second would otherwise bring 2,000 messages a second.
GAP_S, FRAME_S = 0.005, 0.05
TROUBLE_S = 3.0
# What was seen of a folder is kept at most this often.
LISTING_S = 30.0
# Parts of a turn: finding runs, watching for trouble and keeping columns never hold back points for longer.
FIND_TURN_S, WATCH_TURN_S, KEEP_TURN_S = 0.015, 0.010, 0.010


class Follower:
    """Plain and without threads of its own: turn() does a bounded piece of work and gives the messages.

    watch() and unwatch() may be called between turns. clock counts seconds; tests hand one in. With listings the runs
    that were seen under a folder before are told of at once, and looked for afterwards.
    """

    def __init__(
        self,
        *,
        known: Readers | None = None,
        columns: ColumnCache | None = None,
        listings: Listings | None = None,
        ring: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._readers = readers() if known is None else known
        self._columns = ColumnCache.of_user() if columns is None else columns
        self._listings = listings
        self._clock = clock
        self._bell = Bell(ring) if ring is not None else None
        self._heard: dict[str, list[str]] = {}  # folder that the bell rings for -> runs with files in it
        self._folders: dict[str, _Folder] = {}
        self._runs: dict[str, _Run] = {}
        self._due: list[tuple[float, str]] = []  # a heap; entries that are no longer true are passed over
        self._paused: set[str] = set()
        self._loading: deque[str] = deque()
        self._watching: deque[str] = deque()
        self._keeping: deque[Iterator[None]] = deque()
        self._messages: list[Message] = []
        self._judgement = Judgement()

    def watch(self, folder: str | os.PathLike[str]) -> None:
        """Follow what is and what will be under folder, which may also be a run or a file."""
        path = os.path.abspath(folder)
        if path not in self._folders:
            recalled = None if self._listings is None else self._listings.recall(path)
            self._folders[path] = _Folder(os.fspath(folder), Discovery(path, known=self._readers), recalled)
            self._listen()  # before the first walk: what begins behind its back would be found seconds later

    def unwatch(self, folder: str | os.PathLike[str]) -> None:
        known = self._folders.pop(os.path.abspath(folder), None)
        if known is not None:
            self._forget_remembered(known)
        for run_id in [run_id for run_id, run in self._runs.items() if run.root == os.path.abspath(folder)]:
            self._lose(run_id)

    def judge_by(self, judgement: Judgement) -> None:
        """Judge runs by other settings from now on; those for which they make a difference are read again."""
        before, self._judgement = self._judgement, judgement
        for run_id, run in list(self._runs.items()):
            (old, old_roles), (new, new_roles) = before.of(run_id), judgement.of(run_id)
            if old_roles != new_roles or (old != new and not run.watches_itself):
                self._read_again(run_id, run)

    def pause(self, run_id: str) -> None:
        """Read no more of a run, such as one that takes long to load, also if it is yet to be found.

        What was read stays; go_on() takes it up.
        """
        self._paused.add(run_id)
        self._leave_queues(run_id)

    def go_on(self, run_id: str) -> None:
        """Read a run again that was paused, from where it stands."""
        run = self._runs.get(run_id)
        if run is not None and run_id in self._paused:
            self._paused.remove(run_id)
            self._look_at(run_id, run, self._clock())
            if run.loading:
                self._loading.append(run_id)
            if run.vigil.busy and not run.loading:
                self._watching.append(run_id)

    def read_again(self, run_id: str) -> None:
        """Read a run from the start, and its files themselves even where their columns are kept."""
        run = self._runs.get(run_id)
        if run is not None:
            self._read_again(run_id, run, fresh=True)

    def take_card(self, run_id: str, path: str, card: Mapping[str, Any] | None) -> None:
        """The score card of a sample that a run wrote without one, None when it cannot be scored."""
        run = self._runs.get(run_id)
        if run is None or run.watches_itself:
            return
        run.vigil.take_card(path, card)
        if not run.loading and run_id not in self._watching:
            self._watching.append(run_id)

    def turn(self) -> list[Message]:
        """One round: live runs, one piece of a run that is being loaded, new runs, and trouble."""
        now = self._clock()
        self._answer_bell(now)
        for run_id, run in self._pop_due(now):
            self._look(run_id, run, now)
        self._load_some(now)
        self._discover(now)
        self._watch_for_trouble()
        self._plan_listings(now)
        self._keep_some()
        messages, self._messages = self._messages, []
        return messages

    def rest_s(self) -> float:
        """How long nothing is due."""
        busy = self._loading or self._watching or self._keeping
        if busy or any(folder.walk for folder in self._folders.values()):
            return 0.0
        while self._due and not self._is_true(*self._due[0]):
            heapq.heappop(self._due)
        due = [at for at, _ in self._due[:1]] + [folder.due for folder in self._folders.values()]
        return max(0.0, min(due, default=float("inf")) - self._clock())

    def close(self) -> None:
        self._keeping.clear()
        for root, folder in self._folders.items():
            for _ in self._listing(root) if folder.unlisted else ():
                continue
        for run in self._runs.values():
            run.cursor.close()
        self._runs.clear()
        if self._bell is not None:
            self._bell.close()

    def _load_some(self, now: float) -> None:
        """A piece of the first run that has not begun, so that each shows something; else of the first one."""
        if not self._loading:
            return
        begun = (self._runs[run_id].begun for run_id in self._loading)
        place = next((place for place, yes in enumerate(begun) if not yes), 0)
        run_id = self._loading[place]
        del self._loading[place]
        run = self._runs.get(run_id)
        if run is not None:
            alone = not any(other.is_live(now) for other in self._runs.values() if other is not run)
            self._poll(run_id, run, FIRST_TURN if not run.begun else TURN if alone else SHARED_TURN, now)

    def _look(self, run_id: str, run: _Run, now: float) -> None:
        """Poll a run that was loaded; most often a few stats tell that there is nothing new."""
        whole = WHOLE_ENDED_S if run.has_ended else WHOLE_S
        if run.stirred is not None and not run.look_whole and now < run.polled + whole and not run.stirred():
            self._look_at(run_id, run, _next_look(now, now - run.newest, ended=run.has_ended))
            return
        self._poll(run_id, run, TURN, now)

    def _poll(self, run_id: str, run: _Run, limit: int, now: float) -> None:
        run.polled = now
        seen = self._stamp(run, now)
        try:
            news = run.cursor.poll(limit)
        except OSError:  # gone between two looks; the next search for runs tells
            run.loading = False
            self._look_at(run_id, run, now + IDLE_S)
            return
        first, whole = not run.begun, run.loading and not news.more
        run.begun, run.loading, had_ended = True, news.more, run.has_ended
        if news.info is not None:
            run.state, run.watches_itself = news.info.state, news.info.watches_itself
        # One that watches itself is watched as well when the user knows its metrics better than it does.
        if not run.watches_itself or self._judgement.of(run_id)[1]:
            try:
                run.vigil.tell(news)
            except ReadError:  # the kept columns were removed in this very moment
                self._read_again(run_id, run, fresh=True)
                return
        if not self._look_over(run_id, run, news, seen):
            return
        self._gather(run, news, first=first)
        if run.has_ended and not had_ended and not first:
            self._keep_ended(run)
        if news or (whole and not first) or run.awaited:  # that all has been read is news, too
            run.newest, run.awaited = now, False
            self._messages.append(Update(run_id, news, run.cursor.fraction() if news.more else 1.0))
        if news.more:
            self._loading.appendleft(run_id)  # one after the other: one whole run is worth more than two halves
        elif run.vigil.busy and run_id not in self._watching:
            self._watching.append(run_id)
        self._look_at(run_id, run, _next_look(now, now - run.newest, ended=run.has_ended))

    def _stamp(self, run: _Run, now: float) -> str | None:
        """Of a run's files, before they are read; of one that is written to all the time it would be of no use."""
        if self._listings is None or run.is_live(now):
            return None
        run.files, run.look_whole = tuple(run.cursor.files()), False
        return stamp(run.ref.path, run.files)

    def _look_over(self, run_id: str, run: _Run, news: News, seen: str | None) -> bool:
        """Note what the list shows; False where the run has to be read again."""
        if self._listings is None:
            return True
        try:
            run.sketch.tell(news)
        except ReadError:  # the kept columns were removed in this very moment
            self._read_again(run_id, run, fresh=True)
            return False
        before = run.stamp
        if seen is not None and run.files != tuple(run.cursor.files()):  # this look found more of them
            seen, run.look_whole = None, True
        if seen is not None or news:
            run.stamp = None if news.more else seen
        if run.stamp != before and run.root in self._folders:
            self._folders[run.root].unlisted = True
        return True

    def _gather(self, run: _Run, news: News, *, first: bool) -> None:
        """Collect what is read of a long run, and keep it when all has been read."""
        cursor = run.cursor
        if not isinstance(cursor, CachedCursor):
            return
        if first and cursor.worth_keeping():
            run.gathered = RunData(run.ref)
        if run.gathered is None:
            return
        run.gathered.absorb(News(points=news.points, columns=news.columns, restarted=news.restarted))
        if run.gathered.columns_lost:
            run.gathered = None
        elif not news.more:
            keeping = cursor.keep(run.gathered.series)
            run.gathered = None
            if next(keeping, keeping) is None:  # from now on it holds what is to be kept, whatever comes to the run
                self._keeping.append(keeping)

    def _keep_ended(self, run: _Run) -> None:
        """Keep a run that was followed while it grew: nobody here has its points any more, so it is read once more."""
        if run.gathered is None and isinstance(run.cursor, CachedCursor) and run.cursor.worth_keeping():
            self._keeping.append(self._read_to_keep(run.ref))

    def _read_to_keep(self, ref: RunRef) -> Iterator[None]:
        reader = self._readers.named(ref.format)
        cursor = None if reader is None else self._columns.open(reader, ref)
        if not isinstance(cursor, CachedCursor):
            return
        data, more = RunData(ref), True
        with contextlib.suppress(OSError):  # gone meanwhile: there is nothing to keep
            while more:
                news = cursor.poll(FIRST_TURN)
                data.absorb(News(points=news.points, columns=news.columns, restarted=news.restarted))
                more = news.more
                if data.columns_lost:
                    return
                yield
            yield from cursor.keep(data.series)

    def _keep_some(self) -> None:
        """Write a little of what is to be kept, when nobody waits for points."""
        end = time.perf_counter() + KEEP_TURN_S
        while self._keeping and not self._loading and time.perf_counter() < end:
            keeping = self._keeping[0]
            if next(keeping, keeping) is not None:
                self._keeping.popleft()

    def _plan_listings(self, now: float) -> None:
        for root, folder in self._folders.items():
            if folder.unlisted and folder.walked and not self._loading and now >= folder.listed + LISTING_S:
                folder.listed, folder.unlisted = now, False
                self._keeping.append(self._listing(root))

    def _listing(self, root: str) -> Iterator[None]:
        if self._listings is None or not self._folders[root].walked:
            return iter(())
        seen = [run.remembered() for run in self._runs.values() if run.root == root]
        return self._listings.keep(root, seen)

    def _look_at(self, run_id: str, run: _Run, due: float) -> None:
        """Look at a run again at this time, and not at another one."""
        run.due = due
        heapq.heappush(self._due, (due, run_id))

    def _pop_due(self, now: float) -> Iterator[tuple[str, _Run]]:
        while self._due and self._due[0][0] <= now:
            due, run_id = heapq.heappop(self._due)
            if self._is_true(due, run_id):
                yield run_id, self._runs[run_id]

    def _is_true(self, due: float, run_id: str) -> bool:
        run = self._runs.get(run_id)
        return run is not None and run.due == due and not run.loading and run_id not in self._paused

    def _answer_bell(self, now: float) -> None:
        """Look soon where something changed, but not more often than a screen can show it."""
        touched = self._bell.touched() if self._bell is not None else set()
        gap = min(GAP_S * len(self._heard), FRAME_S)
        for place in touched:
            for run_id in self._heard.get(place, ()):
                run = self._runs.get(run_id)
                if run is not None and (soon := max(now, run.polled + gap)) < run.due:
                    self._look_at(run_id, run, soon)
            if place in self._folders:
                folder = self._folders[place]
                folder.due = min(folder.due, max(now, folder.begun + NEW_RUN_S))

    def _listen(self) -> None:
        """Have the bell ring for the folders of the runs that changed last."""
        if self._bell is None:
            return
        alive = [(run.newest, run_id) for run_id, run in self._runs.items() if run.state not in FINISHED | CRASHED]
        self._heard = {}
        for _, run_id in heapq.nlargest(MOST, alive):
            for place in {os.path.dirname(file) for file in self._runs[run_id].cursor.files()}:
                self._heard.setdefault(place, []).append(run_id)
        self._bell.listen([*self._folders, *self._heard])

    def _discover(self, now: float) -> None:
        end = time.perf_counter() + FIND_TURN_S
        for root, folder in self._folders.items():
            for known in folder.recalled:
                self._remember(folder, known)
                if time.perf_counter() > end:
                    return
            if folder.walk is None and folder.due > now:
                continue
            if folder.walk is None:
                folder.walk, folder.met, folder.begun = folder.discovery.walk(), set(), now
            try:
                while time.perf_counter() < end:
                    ref = next(folder.walk)
                    if ref is not None:
                        folder.met.add(ref.path)
                        self._find(root, folder, ref, now)
            except StopIteration:
                self._walked(root, folder, now)
            except FileNotFoundError:
                self._trouble(folder, f"Not there, waiting for it: {folder.name}")
                folder.walk, folder.due = None, now + TROUBLE_S
                self._lose_missing(root, set())
            except OSError as error:
                self._trouble(folder, f"{folder.name} cannot be read: {error.strerror or error}")
                folder.walk, folder.due = None, now + TROUBLE_S
                self._lose_missing(root, set())

    def _walked(self, root: str, folder: _Folder, now: float) -> None:
        pause = min(max(DISCOVER_S, (now - folder.newest) / 20), DISCOVER_QUIET_S)
        folder.walk, folder.due = None, now + pause
        self._trouble(folder, "; ".join(folder.discovery.notices))
        self._lose_missing(root, folder.met)
        self._listen()
        folder.walked = True

    def _remember(self, folder: _Folder, known: Remembered) -> None:
        """Tell of a run that was here before; the walk that begins now finds it, or it is lost."""
        if known.ref.path not in self._runs and self._readers.named(known.ref.format) is not None:
            folder.remembered[known.ref.path] = known
            self._messages.append(Found(known.ref.path, folder.name, known.ref, known.glance))

    def _forget_remembered(self, folder: _Folder) -> None:
        """The runs that were here before and are not found are lost."""
        self._messages += [Lost(run_id) for run_id in folder.remembered if run_id not in self._runs]
        folder.remembered = {}

    def _find(self, root: str, folder: _Folder, ref: RunRef, now: float) -> None:
        if ref.path in self._runs:
            return
        self._folders[root].newest = now
        reader = self._readers.named(ref.format)
        if reader is None:
            return
        cursor, vigil = self._columns.open(reader, ref), self._vigil(ref.path)
        run = self._runs[ref.path] = _Run(root, folder.name, ref, cursor=cursor, vigil=vigil, now=now)
        self._load(ref.path)
        run.before = folder.remembered.pop(ref.path, None)
        run.awaited = run.before is not None
        if run.before is None or run.before.ref != ref:
            self._messages.append(Found(ref.path, folder.name, ref))
        folder.unlisted = True

    def _read_again(self, run_id: str, run: _Run, *, fresh: bool = False) -> None:
        reader = self._readers.named(run.ref.format)
        if reader is None:
            return
        run.cursor.close()
        cursor, vigil = self._columns.open(reader, run.ref, fresh=fresh), self._vigil(run_id)
        vigil.succeed(run.vigil)
        self._runs[run_id] = _Run(run.root, run.folder, run.ref, cursor=cursor, vigil=vigil, now=self._clock())
        self._leave_queues(run_id)
        self._load(run_id)
        self._messages.append(Found(run_id, run.folder, run.ref))

    def _load(self, run_id: str) -> None:
        if run_id not in self._paused:
            self._loading.append(run_id)

    def _leave_queues(self, run_id: str) -> None:
        for waiting in (self._loading, self._watching):
            if run_id in waiting:
                waiting.remove(run_id)

    def _vigil(self, run_id: str) -> Vigil:
        sensitivity, roles = self._judgement.of(run_id)
        return Vigil(sensitivity=sensitivity, roles=roles)

    def _lose_missing(self, root: str, met: set[str]) -> None:
        self._forget_remembered(self._folders[root])
        for run_id, run in list(self._runs.items()):
            if run.root == root and run_id not in met and not os.path.exists(run_id):
                self._lose(run_id)

    def _lose(self, run_id: str) -> None:
        run = self._runs.pop(run_id)
        run.cursor.close()
        if run.root in self._folders:
            self._folders[run.root].unlisted = True
        self._leave_queues(run_id)
        self._messages.append(Lost(run_id))

    def _trouble(self, folder: _Folder, text: str) -> None:
        if text != folder.trouble:
            folder.trouble = text
            self._messages.append(FolderTrouble(folder.name, text))

    def _watch_for_trouble(self) -> None:
        """One run a turn, and none while a longer piece of loading waits."""
        if not self._watching:
            return
        run_id = self._watching.popleft()
        run = self._runs.get(run_id)
        if run is None:
            return
        events = run.vigil.work(WATCH_TURN_S)
        if events:
            self._messages.append(Update(run_id, News(events=tuple(events)), run.cursor.fraction()))
        if run.vigil.busy:
            self._watching.append(run_id)


class _Folder:
    """A folder that is watched."""

    def __init__(self, name: str, discovery: Discovery, recalled: Iterator[Remembered] | None = None) -> None:
        self.name = name  # as it was given
        self.discovery = discovery
        self.due = 0.0
        self.begun = 0.0  # when it was walked last
        self.newest = 0.0  # when a run was found last
        self.walk: Iterator[RunRef | None] | None = None  # while one is under way
        self.met: set[str] = set()
        self.trouble = ""
        self.recalled = recalled or iter(())  # runs that were seen here before and were not told of yet
        self.remembered: dict[str, Remembered] = {}  # those that were told of and not found yet
        self.walked = False
        self.unlisted = False  # what is kept of it is no longer what is there
        self.listed = float("-inf")


class _Run:
    """A run that is followed."""

    def __init__(self, root: str, folder: str, ref: RunRef, *, cursor: Cursor, vigil: Vigil, now: float) -> None:
        self.root = root
        self.folder = folder  # the watched one, as it was given
        self.ref = ref
        self.cursor = cursor
        self.stirred: Callable[[], bool] | None = getattr(cursor, "stirred", None)
        self.vigil = vigil
        self.begun = False
        self.loading = True
        self.due = now
        self.newest = now  # clock time at which something came
        self.polled = now
        self.state: str | None = None
        self.watches_itself = False
        self.gathered: RunData | None = None  # its points, while it is loaded and is to be kept
        self.before: Remembered | None = None  # what was kept of it at an earlier time
        self.awaited = False  # it was told of as remembered: what the first look brings is news, whatever it is
        self.sketch = Sketch(ref)
        self.files: tuple[str, ...] = ()  # at the stamp
        self.look_whole = False  # it has files that the stamp does not tell of
        self.stamp: str | None = None  # of its files, before they were read as far as the sketch shows

    @property
    def has_ended(self) -> bool:
        return self.state in FINISHED or self.state in CRASHED

    def remembered(self) -> Remembered:
        """What to keep of it; while it was not read, what was kept before."""
        if self.stamp is None and not self.begun and self.before is not None:
            return self.before
        if self.stamp is None:
            return Remembered(self.ref, None, (), None)
        return Remembered(self.ref, self.stamp, self.files, self.sketch.glance())

    def is_live(self, now: float) -> bool:
        return not self.loading and now - self.newest < LIVE_FOR_S


def _next_look(now: float, quiet_s: float, *, ended: bool) -> float:
    """When to look again at a run that was quiet for so long: at most a pause from now, on a grid, so that many quiet
    runs are looked at in the same turn.
    """
    pause = _pause(quiet_s, ended=ended)
    grid = QUIET_S if pause >= QUIET_S else 0.1 if pause >= 0.1 else LIVE_S
    return ((now + pause) / grid + 1e-6) // 1 * grid


def _pause(quiet_s: float, *, ended: bool) -> float:
    if ended:
        return ENDED_S if quiet_s > QUIET_S else QUIET_S
    if quiet_s < 60:
        return min(max(quiet_s / 20, LIVE_S), QUIET_S)
    return min(max(quiet_s / 120, QUIET_S), IDLE_S)


def serve(connection: Connection) -> None:
    """The main of a child process: commands come in, messages go out, until the other end is closed.

    Commands: ("watch", folder), ("unwatch", folder), ("pause", run), ("go_on", run), ("read_again", run),
    ("judge_by", Judgement), ("card", run, path of the sample, score card), ("stop",).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the parent, which then ends this
    bell_end, ring_end = Pipe(duplex=False)

    def ring() -> None:
        if not bell_end.poll():  # one ring is enough until it is heard
            ring_end.send_bytes(b"!")

    follower = Follower(ring=ring, listings=Listings.of_user())
    # The other end may go at any time: the window was closed or died, and nobody is left to be told.
    with contextlib.suppress(EOFError, OSError), contextlib.closing(follower):
        while True:
            for message in _together(follower.turn()):
                connection.send(message)
            pause = follower.rest_s()
            ready = wait([connection, bell_end], min(pause, 3600.0))
            if bell_end in ready:
                bell_end.recv_bytes()
            if connection in ready and not _obey(follower, connection.recv()):
                return


def _together(messages: Sequence[Message]) -> Iterator[Message]:
    """The same messages, with runs that were found one after the other in one."""
    for _, group in groupby(messages, type):
        alike = list(group)
        found = tuple(message for message in alike if isinstance(message, Found))
        yield from alike if len(found) < 2 else [Listed(found)]


def _obey(follower: Follower, command: tuple[Any, ...]) -> bool:
    match command:
        case ("judge_by", Judgement() as judgement):
            follower.judge_by(judgement)
        case ("card", run_id, path, card):
            follower.take_card(run_id, path, card)
        case ("watch", folder):
            follower.watch(folder)
        case ("unwatch", folder):
            follower.unwatch(folder)
        case ("pause", run_id):
            follower.pause(run_id)
        case ("go_on", run_id):
            follower.go_on(run_id)
        case ("read_again", run_id):
            follower.read_again(run_id)
        case ("stop",):
            return False
    return True
