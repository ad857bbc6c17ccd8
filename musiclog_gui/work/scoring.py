"""Read and score samples and measure a corpus, in a worker process. No Qt here."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from musiclog.errors import MusiclogError
from musiclog.midi_events import read_file

from ..state.assessment import Assessment
from ..state.corpus import Corpus, Course, Point, Scored
from . import cache

if TYPE_CHECKING:
    from musiclog.notes import Notes
    from musiclog.quality import Reference

# musiclog.quality and the MIDI libraries take 0.2 s to import. The window names these functions and the workers run
# them, so only the workers import what they need.


def assess(path: str, folder: Path, corpus: Corpus | None = None) -> Assessment:
    """Notes counted and scored; from the cache where the same bytes were scored by the same rules before."""
    from musiclog.notes import read_notes  # noqa: PLC0415  see above
    from musiclog.quality.scoring import score_and_copies  # noqa: PLC0415

    data = read_file(path)
    measure = () if corpus is None else (Path(corpus.kept).stem,)
    kept = folder / "scores" / f"{cache.digest(data, _rules(), *measure)}.json"
    known = _read(kept, path)
    if known is not None:
        return replace(known, digest=cache.digest(data))
    notes = read_notes(data)
    card, copying = score_and_copies(notes, _reference(corpus))
    result = Assessment(path, notes.length_s, len(notes), card, digest=cache.digest(data), copying=copying)
    cache.write_whole(kept, orjson.dumps(
        {"length_s": result.length_s, "notes": result.note_count, "card": card.as_dict(),
         "copying": None if copying is None else asdict(copying)},
        option=orjson.OPT_SERIALIZE_NUMPY,
    ))  # fmt: skip
    return result


def measure_corpus(folder: str, cache_folder: Path) -> Generator[tuple[int, int], None, Corpus]:
    """Yields files done and in all. Raises MidiError where no file gives notes."""
    from musiclog.quality.kept import FOLDER, KeptReference  # noqa: PLC0415
    from musiclog.quality.reference import Reference, corpus_files  # noqa: PLC0415

    name = Path(folder).name
    paths = corpus_files(folder)
    yield 0, len(paths)
    kept = KeptReference.of(paths, name, cache_folder / FOLDER)
    made = yield from Reference.measuring(paths, name, kept=kept, jobs=1)
    if not kept.path.is_file():
        raise MusiclogError(f"the measures of {name} cannot be kept in {kept.path.parent}; is the disk full?")
    return Corpus(folder, str(kept.path), made.version, made.piece_count, made.unreadable)


def course_of(run_id: str, at: float, scored: Sequence[Scored], corpus: Corpus | None) -> Course:
    """scored: all samples of the run that have a score by this measure; at: the epoch that is set beside the corpus."""
    from musiclog.quality import ScoreCard, compare_sets, trend_of  # noqa: PLC0415
    from musiclog.quality.bands import length_class  # noqa: PLC0415
    from musiclog.quality.trend import Evaluation  # noqa: PLC0415
    from musiclog.quality.usual import usual_quality  # noqa: PLC0415

    reference = _reference(corpus)
    qualities: dict[float, list[float]] = {}
    for each in scored:
        qualities.setdefault(each.at, []).append(each.overall)
    found = [Evaluation(epoch, tuple(values)) for epoch, values in sorted(qualities.items())]
    trend = trend_of(found)
    mine = [each for each in scored if each.at == at]
    cards = [ScoreCard(each.overall, {}, each.features, bars=each.bars) for each in mine]
    return Course(
        run_id, at, tuple(Point(each.at, each.mean, *(each.interval() or (each.mean, each.mean))) for each in found),
        trend.text, trend.sign, usual_quality(reference, length_class([each.bars for each in mine])),
        None if reference is None else compare_sets(cards, reference),
    )  # fmt: skip


def notes_of(path: str) -> Notes:
    from musiclog.notes import read_notes  # noqa: PLC0415

    return read_notes(path)


@lru_cache(maxsize=1)
def _rules() -> str:
    """A fingerprint of how scores are made, so that a score of other rules is never taken from the cache."""
    import musiclog.quality  # noqa: PLC0415
    from musiclog.quality.extra_metrics import identity  # noqa: PLC0415

    code = sorted(Path(musiclog.quality.__file__).parent.glob("*.py"))
    calibration = sorted(
        path for path in Path(str(files("musiclog_resources") / "calibration")).glob("*") if path.is_file()
    )
    contents = [path.read_bytes() for path in (*code, *calibration)]
    return cache.digest(b"".join([*contents, identity().encode()]))


def _reference(corpus: Corpus | None) -> Reference | None:
    return None if corpus is None else _load(corpus)


@lru_cache(maxsize=2)
def _load(corpus: Corpus) -> Reference:
    """From the user's cache; measured again in the rare case that it was cleared since."""
    from musiclog.quality import Reference  # noqa: PLC0415
    from musiclog.quality.kept import KeptReference  # noqa: PLC0415

    kept = Path(corpus.kept)
    return KeptReference(kept).load() or Reference.from_folder(corpus.folder, jobs=1, cache=kept.parent)


def _read(kept: Path, path: str) -> Assessment | None:
    from musiclog.quality import Copying, ScoreCard  # noqa: PLC0415

    try:
        record = orjson.loads(kept.read_bytes())
        card, copying = ScoreCard.from_dict(record["card"]), record["copying"]
        found = None if copying is None else Copying(**copying)
        return Assessment(path, record["length_s"], record["notes"], card, copying=found)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is made again
        return None
