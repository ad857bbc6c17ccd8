"""A comparison's tables as text to paste: tab-separated for spreadsheets, Markdown for notes."""

from __future__ import annotations

from collections.abc import Sequence


def as_tsv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line a row; tabs and breaks inside a cell become spaces."""
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in (header, *rows))


def as_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A GitHub-flavoured table. What Markdown or HTML would read as more than text is escaped."""
    lines = [_line(header), "|" + " --- |" * len(header), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_escape, cells)) + " |"


def _escape(cell: str) -> str:
    plain = " ".join(cell.split())
    for mark in "\\`*_[]|":
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
