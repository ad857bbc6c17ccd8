"""A corpus as the measure: what is usual in the music that a model is trained on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musiclog.errors import MidiError
from musiclog.notes import Notes, read_notes
from musiclog.processes import cores, without_main
from musiclog.quality.bands import LENGTHS, Bands, stack
from musiclog.quality.calibration import human
from musiclog.quality.copying import Copying, Steps, find_copies, line_steps
from musiclog.quality.excerpts import excerpts
from musiclog.quality.features import measure
from musiclog.quality.piece import Floats, Ints, Piece
from musiclog.quality.recipe import FEATURES, WEIGHT

if TYPE_CHECKING:
    from musiclog.quality.kept import KeptReference

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
FILES_A_TASK = 8  # what a process takes at a time: a quarter of a second
FILES_A_PROCESS = 32  # fewer are measured before a further process has started


@dataclass(frozen=True, eq=False)
class Reference:
    """Bands of one corpus, for pieces of any length, and what sets of samples are compared with.

    features: for each length class (excerpts, features), NaN where undefined. steps: all lines, to look up copies.
    """

    name: str
    version: str
    bands: Bands
    features: tuple[Floats, ...]
    steps: Steps
    unreadable: tuple[str, ...] = field(default=())

    @classmethod
    def from_folder(
        cls,
        folder: str | os.PathLike[str],
        *,
        limit: int | None = None,
        jobs: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        cache: str | os.PathLike[str] | bool = True,
    ) -> Reference:
        """All MIDI files under a folder, or an even choice of `limit` of them; unreadable ones are named.

        jobs: processes to measure with, as many as there are cores unless given. progress is told files done and
        files in all; whatever it raises cancels. cache: what was measured is kept under the content of the files in
        the user's cache folder, or in the folder given; False measures anew and keeps nothing.
        Raises MidiError where no file gives notes.
        """
        paths = corpus_files(folder, limit)
        name = Path(folder).name
        kept = None if cache is False else _kept(paths, name, None if cache is True else Path(cache))
        measuring = cls.measuring(paths, name, kept=kept, jobs=jobs)
        while True:
            try:
                done, total = next(measuring)
            except StopIteration as end:
                made: Reference = end.value
                return made
            if progress is not None:
                progress(done, total)

    @classmethod
    def measuring(
        cls, paths: Sequence[Path], name: str, *, kept: KeptReference | None = None, jobs: int | None = None
    ) -> Generator[tuple[int, int], None, Reference]:
        """What from_folder does, file by file: yields files done and in all, returns the reference; closing cancels.

        kept: where it is looked for before, and put afterwards.
        """
        if kept is not None and (known := kept.load()) is not None:
            yield len(paths), len(paths)
            return known
        unreadable: list[str] = []
        pieces: list[_Measured] = []
        for done, result in enumerate(_measure_all(paths, jobs or _jobs_for(paths))):
            yield done, len(paths)
            if isinstance(result, str):
                unreadable.append(result)
            elif result is not None:
                pieces.append(result)
        yield len(paths), len(paths)
        made = replace(_collect(pieces, name), unreadable=tuple(unreadable))
        if kept is not None:
            kept.save(made)
        return made

    @classmethod
    def from_notes(cls, pieces: Iterable[Notes], *, name: str = "corpus") -> Reference:
        """Of pieces already read; raises MidiError when there are none with notes."""
        return _collect((_measure(notes) for notes in pieces if len(notes)), name)

    @cached_property
    def stacked(self) -> Floats:
        """(length classes, 1, 3, features)."""
        return stack([self.bands])

    @property
    def weights(self) -> Floats:
        """Within one corpus every feature says what it can."""
        return WEIGHT

    @property
    def piece_count(self) -> int:
        """Pieces long enough to be measured."""
        return len(self.features[-1])

    def copies(self, notes: Notes) -> Copying:
        """What a sample has in common with the corpus note for note, transposed or not."""
        return find_copies(notes, self.steps)


def corpus_files(folder: str | os.PathLike[str], limit: int | None = None) -> list[Path]:
    """The MIDI files under a folder by their names, or an even choice of so many."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    if limit is not None and len(paths) > limit:
        paths = [paths[int(index)] for index in np.linspace(0, len(paths) - 1, limit)]
    return paths


def feature_table(measured: Iterable[Mapping[str, float]]) -> Floats:
    """(pieces, features) with NaN where a feature is undefined."""
    rows = [[found.get(feature, np.nan) for feature in FEATURES] for found in measured]
    return np.array(rows, np.float64).reshape(-1, len(FEATURES))


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """What a reference keeps of one piece: (length class, features) of its excerpts, its lines, its fingerprint."""

    excerpts: tuple[tuple[int, dict[str, float]], ...]
    steps: Ints
    digest: bytes


def _measure(notes: Notes) -> _Measured:
    tables = human().tables
    found = tuple((index, measure(Piece(part), tables)) for index, part in excerpts(notes))
    digest = hashlib.sha256(notes.onset.tobytes() + notes.pitch.tobytes()).digest()
    return _Measured(found, line_steps(Piece(notes).lines), digest)


def _measure_file(path: Path) -> _Measured | str | None:
    """The piece, the reason why it cannot be read, or None for a file without notes."""
    try:
        notes = read_notes(path)
    except MidiError as error:
        return str(error)
    return _measure(notes) if len(notes) else None


def _measure_all(paths: Sequence[Path], jobs: int) -> Iterator[_Measured | str | None]:
    """In the order of paths, in processes of their own where there is more than one job."""
    if jobs <= 1:
        yield from map(_measure_file, paths)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            with without_main():  # all are started by this call
                results = pool.map(_measure_file, paths, chunksize=FILES_A_TASK)
            yield from results
        finally:  # also when the caller cancels: nothing that is still waiting is begun
            pool.shutdown(wait=True, cancel_futures=True)


def _jobs_for(paths: Sequence[Path]) -> int:
    return max(1, min(cores(), len(paths) // FILES_A_PROCESS))


def _kept(paths: Sequence[Path], name: str, folder: Path | None) -> KeptReference:
    from musiclog.quality.kept import KeptReference  # noqa: PLC0415 - it keeps what is defined here

    return KeptReference.of(paths, name, folder)


def _collect(pieces: Iterable[_Measured], name: str) -> Reference:
    classes: list[list[dict[str, float]]] = [[] for _ in range(len(LENGTHS) + 1)]
    digest = hashlib.sha256()
    steps: list[Ints] = []
    for piece in pieces:
        for index, found in piece.excerpts:
            classes[index].append(found)
        steps.append(piece.steps)
        digest.update(piece.digest)
    if not classes[-1]:
        raise MidiError(f"{name}: no MIDI file in it gives notes, so it cannot be a reference; choose another folder")
    version = f"{name} ({len(classes[-1])} pieces, {digest.hexdigest()[:8]})"
    features = tuple(feature_table(found) for found in classes)
    return Reference(name, version, Bands.measure(classes), features, Steps(steps))
