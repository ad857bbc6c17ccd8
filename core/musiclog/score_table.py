"""The file that `musiclog score` writes: CSV, JSON lines or Parquet, taken up again where it ended."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import orjson

from .errors import ExtraMissing, MusiclogError
from .quality.recipe import FEATURES, METRICS
from .writer import write_whole

Row = dict[str, Any]
KINDS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}
TEXTS = ("file", "sha256", "calibration", "error", "flags", "strongest_finding")
COUNTS = ("note_count", "bars", "longest_copy_notes")
NUMBERS = ("overall", *METRICS, "coverage", "length_s", "copied_share", *COUNTS)
COLUMNS = (*TEXTS[:4], *NUMBERS, *TEXTS[4:], *(f"feature/{name}" for name in FEATURES))


def flat(record: Mapping[str, Any]) -> Row:
    """A record as one row of COLUMNS; what is not known is None."""
    metrics, features = record.get("metrics") or {}, record.get("features") or {}
    copying = record.get("copying") or {}
    strongest = max(record.get("findings") or (), key=lambda finding: finding["weight"], default=None)
    found = {
        **{name: record.get(name) for name in COLUMNS},
        **{name: metrics.get(name, {}).get("value") for name in METRICS},
        **{f"feature/{name}": features.get(name) for name in FEATURES},
        "copied_share": copying.get("share"),
        "longest_copy_notes": copying.get("longest_notes"),
        "flags": " ".join(record.get("flags") or ()) or None,
        "strongest_finding": strongest and strongest["text"],
    }
    found |= {name: int(found[name]) for name in COUNTS if found[name] is not None}
    return {name: found[name] for name in COLUMNS}


def features_of(row: Mapping[str, Any]) -> dict[str, float]:
    """Of a row, as a score card has them."""
    return {name: row[f"feature/{name}"] for name in FEATURES if row.get(f"feature/{name}") is not None}


class ScoreTable:
    """Records known from an earlier call, and new ones that are on disk as soon as they are added.

    A Parquet file cannot grow: rows wait in a file of JSON lines beside it until close().
    """

    def __init__(self, path: Path, kind: str) -> None:
        if kind == "parquet":
            _parquet()  # says what is missing before the work and not after it
        self.path, self.kind = path, kind
        self._journal = path.with_name(f"{path.name}.rows.jsonl") if kind == "parquet" else path
        self.records = self._read()
        self._out: TextIO | None = None

    def keep(self, wanted: Iterable[int]) -> None:
        """Forget all earlier rows but these, and open the file for more; the last line may be torn, so it goes."""
        self.records = [self.records[row] for row in wanted]
        content = "".join(map(self._line, self.records))
        write_whole(self._journal, ((_head() if self.kind == "csv" else "") + content).encode())
        self._out = self._journal.open("a", encoding="utf-8", newline="")

    def add(self, record: Mapping[str, Any]) -> Row:
        """Write a record; returns it as a row."""
        self.records.append(dict(record))
        if self._out is not None:
            self._out.write(self._line(record))
            self._out.flush()
        return flat(record)

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
        if self.kind == "parquet":
            _write_parquet(self.path, [flat(record) for record in self.records])
            self._journal.unlink(missing_ok=True)

    def _line(self, record: Mapping[str, Any]) -> str:
        if self.kind == "csv":
            return csv_line(list(flat(record).values()))
        return orjson.dumps(record).decode() + "\n"

    def _read(self) -> list[Row]:
        if self.kind == "csv":
            return _read_csv(self.path)
        if self.kind == "json":
            return _read_lines(self.path)
        return [*_read_parquet(self.path), *_read_lines(self._journal)]


def kind_of(path: Path, wanted: str | None) -> str:
    """The kind asked for, else that of the file's name. Raises MusiclogError where neither tells."""
    found = wanted or KINDS.get(path.suffix.lower())
    if found is None:
        raise MusiclogError(f"{path.name}: name it .csv, .json or .parquet, or say --csv, --json or --parquet")
    return found


def csv_line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def csv_text(rows: Iterable[Row]) -> str:
    return _head() + "".join(csv_line([row[name] for name in COLUMNS]) for row in rows)


def _head() -> str:
    return csv_line(COLUMNS)


def _read_csv(path: Path) -> list[Row]:
    """Rows of a file of ours; a last line without its end is left out. MusiclogError for somebody else's file."""
    text = _text(path)
    if not text:
        return []
    lines = csv.reader(io.StringIO(text[: text.rfind("\n") + 1], newline=""))
    head = tuple(next(lines, ()))
    if head != COLUMNS:
        raise MusiclogError(f"{path} has other columns than a table of scores; choose another name")
    rows = [dict(zip(COLUMNS, cells, strict=True)) for cells in lines if len(cells) == len(COLUMNS)]
    return [_record({name: _cell(name, cell) for name, cell in row.items()}) for row in rows]


def _cell(name: str, cell: str) -> Any:
    if cell == "" or name in TEXTS:
        return cell or None
    return float(cell)


def _read_lines(path: Path) -> list[Row]:
    """Records of JSON lines; what is torn is left out. MusiclogError for somebody else's file."""
    records: list[Row] = []
    for line in _text(path).splitlines():
        with contextlib.suppress(orjson.JSONDecodeError):
            found = orjson.loads(line)
            if not isinstance(found, dict) or "sha256" not in found:
                raise MusiclogError(f"{path} holds something else than scores; choose another name")
            records.append(found)
    return records


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise MusiclogError(f"{path} cannot be read ({error}); choose another name") from error


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415 - only for those who want this format
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("Parquet needs pyarrow: pip install 'musiclog[parquet]'") from error
    return pyarrow, pyarrow.parquet


def _read_parquet(path: Path) -> list[Row]:
    pyarrow, parquet = _parquet()
    if not path.exists():
        return []
    try:
        rows: list[Row] = parquet.read_table(path, columns=list(COLUMNS)).to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise MusiclogError(f"{path} is no table of scores ({error}); choose another name") from error
    return [_record(row) for row in rows]


def _record(row: Row) -> Row:
    """A flat row in the form of a record, so that flat() gives it back."""
    return {
        **{name: row[name] for name in (*TEXTS[:3], *NUMBERS) if name not in METRICS},
        **({"error": row["error"]} if row["error"] else {}),
        "metrics": {name: {"value": row[name]} for name in METRICS},
        "features": features_of(row),
        "copying": {"share": row["copied_share"], "longest_notes": row["longest_copy_notes"]},
        "flags": (row["flags"] or "").split(),
        "findings": [{"weight": 1.0, "text": row["strongest_finding"]}] if row["strongest_finding"] else [],
    }


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    pyarrow, parquet = _parquet()
    kinds = [(name, pyarrow.string() if name in TEXTS else pyarrow.float64()) for name in COLUMNS]
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns, schema=pyarrow.schema(kinds)), out)
    write_whole(path, out.getvalue())
