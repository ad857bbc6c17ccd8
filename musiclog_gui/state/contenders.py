"""What may compete in a blind test: the samples at hand, sorted by epoch, run, checkpoint, temperature or prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from .samples import SampleRow
from .wording import one_line, step_text

WAYS = {
    "epoch": "Epochs", "run": "Runs", "checkpoint": "Checkpoints", "temperature": "Temperatures", "prompt": "Prompts",
}  # fmt: skip
# Of a contender at most so many pieces take part, spread evenly over what there is.
MOST_PIECES = 40
Some = TypeVar("Some")


def contenders(rows: Iterable[SampleRow], way: str) -> dict[str, list[SampleRow]]:
    """Name to samples, in the order of epochs, temperatures or names. Broken files and unknown values are left out."""
    sound = [row for row in rows if row.reason is None and _value(row, way) is not None]
    several = len({row.run_id for row in sound}) > 1 and way in {"epoch", "checkpoint"}
    found: dict[str, list[SampleRow]] = {}
    for row in sorted(sound, key=lambda row: (row.run_name if several else "", _order(_value(row, way)))):
        name = _name(row, way)
        found.setdefault(f"{one_line(row.run_name)} · {name}" if several else name, []).append(row)
    return found


def usual(found: Mapping[str, list[SampleRow]]) -> list[str]:
    """What one wants to hear against each other most often: the first and the last, of several runs the last ones."""
    last = {rows[-1].run_id: name for name, rows in found.items()}
    names = list(found)
    return list(last.values())[:4] if len(last) > 1 else list(dict.fromkeys((*names[:1], *names[-1:])))


def spread(rows: list[Some], most: int = MOST_PIECES) -> list[Some]:
    """At most so many of them, evenly from the first to the last."""
    return rows if len(rows) <= most else [rows[place * len(rows) // most] for place in range(most)]


def _value(row: SampleRow, way: str) -> object:
    return row.run_name if way == "run" else getattr(row.file, way)


def _name(row: SampleRow, way: str) -> str:
    value = _value(row, way)
    if way == "epoch":
        return f"epoch {step_text(row.file.epoch)}"
    return f"temperature {value:g}" if way == "temperature" else one_line(value, 80)


def _order(value: object) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value).casefold())
