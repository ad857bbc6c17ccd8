"""Score many files: in this process, on all cores, or on the machines of a Dask cluster. Nothing that fails is lost.

A record is plain values for JSON: file, sha256, the fields of a score card, copying where there is a corpus, or the
reason under error.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from musiclog.errors import ExtraMissing, MidiError, MusiclogError
from musiclog.file_names import as_text
from musiclog.midi_events import MAX_BYTES
from musiclog.notes import read_notes
from musiclog.processes import without_main
from musiclog.quality.calibration import human
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import score_and_copies
from musiclog.regular_file import open_regular

Record = dict[str, Any]
UNDER_WAY = 4  # tasks a process; enough that none waits, few enough to hold their files in memory
RETRIES = 3  # of a task whose machine was lost


@dataclass(frozen=True, slots=True)
class Task:
    """A file with its content's fingerprint."""

    path: Path
    sha256: str


def fingerprint(path: Path) -> str:
    """The content's SHA-256. Raises MidiError where it cannot be read."""
    return hashlib.sha256(_content(path)).hexdigest()


def score_content(name: str, sha256: str, content: bytes, reference: Reference | None = None) -> Record:
    """What a process or a machine does: it is handed the bytes, so that no machine needs the same folders."""
    head: Record = {"file": name, "sha256": sha256}
    try:
        notes = read_notes(content)
        card, copying = score_and_copies(notes, reference)
    except MidiError as error:
        return _refused(name, sha256, str(error), reference)
    record = head | card.as_dict()
    if copying is not None:
        record["copying"] = {**asdict(copying), "share": copying.share}
    return record


def score_here(tasks: Iterable[Task], reference: Reference | None = None, *, jobs: int = 1) -> Iterator[Record]:
    """Records as they are ready. A file that ends its process is tried alone, and named if it does it again."""
    if jobs <= 1:
        for task in tasks:
            yield _score_task(task, reference)
        return
    waiting, suspects = deque(tasks), list[Task]()
    while waiting:
        yield from _in_processes(waiting, suspects, reference, jobs)
    for task in suspects:
        alone, guilty = deque([task]), list[Task]()
        yield from _in_processes(alone, guilty, reference, 1)
        for each in guilty:
            yield _refused(as_text(each.path), each.sha256, "the process that read it ended", reference)


def score_on_cluster(tasks: Iterable[Task], reference: Reference | None, address: str) -> Iterator[Record]:
    """The same on the workers of a Dask scheduler. What a lost worker had in hand is given to another.

    Raises ExtraMissing without the `dask` extra, MusiclogError where nobody answers at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise ExtraMissing("more than one machine needs Dask: pip install 'musiclog[dask]'") from error
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise MusiclogError(f"no Dask scheduler answers at {address} ({error})") from error
    with client:
        # A task of its own and not scattered: when the worker that holds it is lost, another makes it again.
        corpus = None if reference is None else client.submit(_same, reference, pure=False)
        waiting, under_way = deque(tasks), dict[Any, Task]()
        done = distributed.as_completed(loop=client.loop, raise_errors=False)
        while waiting or under_way:
            while waiting and len(under_way) < UNDER_WAY * max(1, len(client.ncores())):
                task = waiting.popleft()
                try:
                    content = _content(task.path)
                except MidiError as error:
                    yield _refused(as_text(task.path), task.sha256, str(error), reference)
                    continue
                given = (as_text(task.path), task.sha256, content, corpus)
                future = client.submit(score_content, *given, pure=False, retries=RETRIES)
                under_way[future] = task
                done.add(future)
            if under_way:
                future = next(done)
                task = under_way.pop(future)
                if future.status == "finished":
                    yield future.result()
                elif future.status == "error":
                    reason = f"the cluster gave up: {future.exception()!r}"
                    yield _refused(as_text(task.path), task.sha256, reason, reference)
                else:  # cancelled, or lost with its worker
                    waiting.append(task)


def _in_processes(
    waiting: deque[Task], suspects: list[Task], reference: Reference | None, jobs: int
) -> Iterator[Record]:
    """Work until all is done, or until a process ends: what was in hand then is under suspicion."""
    context = get_context("spawn")
    under_way: dict[Future[Record], Task] = {}
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_keep, initargs=(reference,)) as pool:
        try:
            while waiting or under_way:
                while waiting and len(under_way) < UNDER_WAY * jobs:
                    with without_main():
                        future = pool.submit(_score_kept, waiting[0])
                    under_way[future] = waiting.popleft()
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    record = future.result()
                    del under_way[future]
                    yield record
        except BrokenProcessPool:
            suspects += under_way.values()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_kept: list[Reference | None] = [None]  # of a worker process, which gets it once and not with every file


def _keep(reference: Reference | None) -> None:
    _kept[0] = reference


def _score_kept(task: Task) -> Record:
    return _score_task(task, _kept[0])


def _score_task(task: Task, reference: Reference | None) -> Record:
    try:
        content = _content(task.path)
    except MidiError as error:
        return _refused(as_text(task.path), task.sha256, str(error), reference)
    return score_content(as_text(task.path), task.sha256, content, reference)


def measured_against(reference: Reference | None) -> str:
    """The version that records name."""
    return reference.version if reference else human().version


def _refused(name: str, sha256: str, reason: str, reference: Reference | None) -> Record:
    version = measured_against(reference)
    return {"file": name, "sha256": sha256, "calibration": version, "error": reason.removeprefix("MIDI data: ")}


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MidiError(f"cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise MidiError(f"larger than {MAX_BYTES // 1_000_000} MB")
    return data


def _same(reference: Reference) -> Reference:
    return reference
