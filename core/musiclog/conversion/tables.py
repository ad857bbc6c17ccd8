"""A run as tables: one row a value, so that nothing is joined that was logged apart, and nothing rounded."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from ..errors import ExtraMissing
from ..records import Event
from ..run_data import RunData
from ..series import Series

METRICS: Final = ("metric", "step", "time", "epoch", "value")
SAMPLES: Final = ("file", "name", "step", "epoch", "prompt", "seed", "temperature", "overall")
EVENTS: Final = ("event", "time", "step", "epoch", "data")
ROWS: Final = 100_000  # written at a time
Row = Sequence[Any]


class Csv:
    """metrics.csv, samples.csv, events.csv and config.json. NaN and infinity as nan and inf, unknown as nothing."""

    name = "csv"

    def write(self, data: RunData, folder: Path) -> Iterator[str]:
        with (folder / "metrics.csv").open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(METRICS)
            for name, series in data.series.items():
                yield name
                rows.writerows(_values(name, series))
        for table, head, lines in (("samples", SAMPLES, _samples(data)), ("events", EVENTS, _events(data.events))):
            yield table
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(head)
                rows.writerows(lines)
        _write_config(data, folder)


class Parquet:
    """The same tables as .parquet, typed and compressed; needs the extra `parquet`."""

    name = "parquet"

    def __init__(self) -> None:
        try:
            import pyarrow.parquet  # noqa: PLC0415, F401 - an extra; said before the work and not after it
        except ImportError as error:
            raise ExtraMissing("Parquet needs pyarrow: pip install 'musiclog[parquet]'") from error

    def write(self, data: RunData, folder: Path) -> Iterator[str]:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415

        kinds = [pa.dictionary(pa.int32(), pa.string()), *[pa.float64()] * 4]
        schema = pa.schema(list(zip(METRICS, kinds, strict=True)))
        with parquet.ParquetWriter(folder / "metrics.parquet", schema, compression="zstd") as file:
            for name, series in data.series.items():
                yield name
                names = pa.DictionaryArray.from_arrays(np.zeros(len(series), np.int32), [_text(name)])
                numbers = [pa.array(column) for column in (series.steps, series.times, series.epochs, series.values)]
                file.write_table(pa.table([names, *numbers], schema=schema))
        for table, head, lines in (("samples", SAMPLES, _samples(data)), ("events", EVENTS, _events(data.events))):
            yield table
            columns = list(zip(*lines, strict=True)) or [()] * len(head)
            parquet.write_table(pa.table([_column(each) for each in columns], names=head), folder / f"{table}.parquet")
        _write_config(data, folder)


def _values(name: str, series: Series) -> Iterator[Row]:
    for start in range(0, len(series), ROWS):
        part = slice(start, start + ROWS)
        columns = (series.steps, series.times, series.epochs, series.values)
        for step, time, epoch, value in zip(*(column[part].tolist() for column in columns), strict=True):
            yield name, _known(step), _known(time), _known(epoch), value


def _known(place: float) -> float | int | None:
    """Whole steps and epochs without .0; NaN stands for unknown."""
    if place != place:  # noqa: PLR0124 - only NaN is not itself
        return None
    return int(place) if place.is_integer() and abs(place) < 2**53 else place


def _samples(data: RunData) -> list[Row]:
    return [
        (_text(each.path), _text(each.name), each.step, each.epoch, each.prompt, each.seed, each.temperature,
         (each.card or {}).get("overall"))
        for each in data.samples.values()
    ]  # fmt: skip


def _events(events: Sequence[Event]) -> list[Row]:
    return [(each.kind, each.time, each.step, each.epoch, _json(each.data).decode()) for each in events]


def _column(cells: Sequence[Any]) -> Any:
    """Of one type: text where any cell is text, else numbers."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    if any(isinstance(cell, str) for cell in cells):
        return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())


def _write_config(data: RunData, folder: Path) -> None:
    (folder / "config.json").write_bytes(_json(data.config, orjson.OPT_INDENT_2))


def _json(value: object, option: int = 0) -> bytes:
    return orjson.dumps(value, default=str, option=option | orjson.OPT_NON_STR_KEYS)


def _text(name: str) -> str:
    """Names of files may hold bytes that are no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
