"""Samples asked for in the run list's language: `quality>0.7 epoch>=5 prompt:intro stars>=4 -tag:dull`.

A sample's name, run, tags and comment are its texts; prompt, seed, temperature, checkpoint and run its configuration;
quality, stars, note_count, length (in seconds) and the parts of the score its metrics.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from musiclog.query import Facts, Query, QueryError, parse
from musiclog.sample_marks import SampleMarks

from .samples import Key, SampleRow

EXAMPLE = "quality>0.7 epoch>=5 stars>=4 tag:best prompt~intro"


@lru_cache(maxsize=8)
def understood(text: str) -> Query | str:
    """The question, or what is wrong with it."""
    try:
        return parse(text)
    except QueryError as error:
        return str(error)


class SampleQuestion:
    """Asks samples; what it took to ask them is kept: 10,000 samples take 100 ms to get ready and 30 to be asked."""

    def __init__(self) -> None:
        self._known: dict[Key, tuple[SampleRow, SampleMarks, Facts]] = {}

    def matches(self, text: str, row: SampleRow, marks: SampleMarks) -> bool:
        """Whether the sample answers yes; what cannot be understood is looked for as it stands."""
        query = understood(text)
        if isinstance(query, str):
            wanted = text.casefold()
            return wanted in row.file.name.casefold() or wanted in row.run_name.casefold()
        return query.matches(self._facts(row, marks))

    def keep_only(self, keys: Container[Key]) -> None:
        """Forget samples that are gone."""
        self._known = {key: known for key, known in self._known.items() if key in keys}

    def _facts(self, row: SampleRow, marks: SampleMarks) -> Facts:
        known = self._known.get(row.key)
        if known is None or known[0] is not row or known[1] is not marks:
            known = self._known[row.key] = (row, marks, facts(row, marks))
        return known[2]


def facts(row: SampleRow, marks: SampleMarks) -> Facts:
    file = row.file
    config = {"run": row.run_name, "prompt": file.prompt, "seed": file.seed, "temperature": file.temperature,
              "checkpoint": file.checkpoint}  # fmt: skip
    return Facts(
        name=file.name,
        path=row.run_name,
        tags=marks.tags,
        note=marks.comment,
        starred=marks.stars > 0,
        config={key: value for key, value in config.items() if value is not None},
        metrics=_figures(row, marks),
        steps=file.step,
        epochs=file.epoch,
    )


def _figures(row: SampleRow, marks: SampleMarks) -> dict[str, float]:
    known = row.assessment
    found: dict[str, float | None] = {"stars": float(marks.stars), "quality": row.overall}
    if known is not None:
        found |= {"note_count": known.note_count, "length": known.length_s}
        if known.card is not None:
            found |= {name: metric.value for name, metric in known.card.metrics.items()}
    return {name: float(value) for name, value in found.items() if value is not None}
