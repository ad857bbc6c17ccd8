"""Tables as CSV files: figures in full, and no name that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

# Source: OWASP, CSV Injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8. None becomes an empty cell, numbers keep all their digits, texts that look like formulas get a '."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow([_cell(each) for each in header])
    out.writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = str(value).replace("\0", "")  # no reader of CSV takes it
    return f"'{text}" if text.startswith(_FORMULA) else text
