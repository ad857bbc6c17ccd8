"""Read and score one sample, in a worker process. No Qt here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ..state.assessment import Assessment
from . import cache

if TYPE_CHECKING:
    from musiclog.notes import Notes

# musiclog.quality and the MIDI libraries take 0.2 s to import. The window names these functions and the workers run
# them, so only the workers import what they need.


def assess(path: str, folder: Path) -> Assessment:
    """Notes counted and scored; from the cache where the same bytes were scored by the same rules before."""
    from musiclog.notes import read_notes  # noqa: PLC0415  see above
    from musiclog.quality import score  # noqa: PLC0415

    data = cache.read_file(path)
    kept = folder / "scores" / f"{cache.digest(data, _rules())}.json"
    known = _read(kept, path)
    if known is not None:
        return replace(known, digest=cache.digest(data))
    notes = read_notes(data)
    result = Assessment(path, notes.length_s, len(notes), score(notes), digest=cache.digest(data))
    cache.write_whole(kept, orjson.dumps(
        {"length_s": result.length_s, "notes": result.note_count, "card": result.card.as_dict()},
        option=orjson.OPT_SERIALIZE_NUMPY,
    ))  # fmt: skip
    return result


def notes_of(path: str) -> Notes:
    from musiclog.notes import read_notes  # noqa: PLC0415

    return read_notes(path)


@lru_cache(maxsize=1)
def _rules() -> str:
    """A fingerprint of how scores are made, so that a score of other rules is never taken from the cache."""
    import musiclog.quality  # noqa: PLC0415

    code = sorted(Path(musiclog.quality.__file__).parent.glob("*.py"))
    calibration = sorted(
        path for path in Path(str(files("musiclog_resources") / "calibration")).glob("*") if path.is_file()
    )
    return cache.digest(b"".join(path.read_bytes() for path in (*code, *calibration)))


def _read(kept: Path, path: str) -> Assessment | None:
    from musiclog.quality import ScoreCard  # noqa: PLC0415

    try:
        record = orjson.loads(kept.read_bytes())
        return Assessment(path, record["length_s"], record["notes"], ScoreCard.from_dict(record["card"]))
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is made again
        return None
