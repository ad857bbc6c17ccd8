"""All points of a chart as CSV, a piece at a time, so that the window answers while millions are written."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from musiclog.records import Floats
from musiclog.series import Series
from musiclog.smoothing import Kind, smoothed

ROWS = 20_000  # of a piece: 40 ms
HEAD = ("run", "metric", "step", "epoch", "unix_time", "value")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One curve to be written: the name of its run and all its points, also those that a resume replaced."""

    run: str
    series: Series


def total_rows(sheets: Sequence[Sheet]) -> int:
    return sum(len(sheet.series) for sheet in sheets)


def pieces(sheets: Sequence[Sheet], kind: Kind = "exponential", amount: float = 0.0) -> Iterator[tuple[int, str]]:
    """Rows written so far, and the text that follows; amount 0 writes no smoothed column, else its head tells it."""
    title = () if amount <= 0 else (f"smoothed ({kind} {amount:.6g})",)
    yield 0, _text([(*HEAD, *title)])
    written = 0
    for sheet in sheets:
        columns = _columns(sheet.series, kind, amount)
        for start in range(0, len(sheet.series), ROWS):
            part = [_figures(column[start : start + ROWS]) for column in columns]
            names = ([sheet.run] * len(part[0]), [sheet.series.name] * len(part[0]))
            written += len(part[0])
            yield written, _text(zip(*names, *part, strict=True))


def _columns(series: Series, kind: Kind, amount: float) -> list[Floats]:
    columns = [series.steps, series.epochs, series.times, series.values]
    return columns if amount <= 0 else [*columns, smoothed(series.values, kind, amount)]


def _figures(column: Floats) -> list[str]:
    """What is unknown is empty in x and NaN among the values, which a reader of CSV takes for the same."""
    whole = np.isfinite(column) & (column == np.floor(column)) & (np.abs(column) < 1e15)
    return [
        str(int(value)) if is_whole else "" if math.isnan(value) else repr(value)
        for value, is_whole in zip(column.tolist(), whole.tolist(), strict=True)
    ]


def _text(rows: object) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
