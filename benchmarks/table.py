"""What a benchmark tells: tables whose figures may have a bar to reach, as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure should reach: at most value, or at least."""

    value: float
    at_least: bool = False

    def is_missed_by(self, figure: float) -> bool:
        return figure < self.value if self.at_least else figure > self.value

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {spoken(self.value)}"


@dataclass(frozen=True, slots=True)
class Row:
    """name: who did the work. cells: one a column; text stands for itself, None for what was not measured.

    bars: by column, what the figure there should reach.
    """

    name: str
    cells: Sequence[float | str | None]
    bars: Mapping[str, Bar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """note: what one has to know to read the figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""

    def missed(self) -> Iterator[str]:
        """A sentence for every figure that missed its bar."""
        for row in self.rows:
            for column, cell in zip(self.columns, row.cells, strict=True):
                bar = row.bars.get(column)
                if bar is not None and isinstance(cell, float | int) and bar.is_missed_by(cell):
                    yield f"{self.title}: {row.name}, {column}: {spoken(cell)} (bar {bar})"

    def text(self) -> str:
        lines = [["", *self.columns], *self._lines()]
        widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
        body = "\n".join(
            "  ".join((line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:]))).rstrip() for line in lines
        )
        return "\n".join(part for part in (self.title, body, self.note) if part)

    def markdown(self) -> str:
        lines = [["", *self.columns], ["---", *("---:" for _ in self.columns)], *self._lines()]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(part for part in (f"### {self.title}", body, self.note) if part)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Table:
        rows = [
            Row(row["name"], row["cells"], {column: Bar(**bar) for column, bar in row["bars"].items()})
            for row in told["rows"]
        ]
        return cls(told["title"], told["columns"], rows, told["note"])

    def _lines(self) -> list[list[str]]:
        return [[row.name, *self._cells(row)] for row in self.rows]

    def _cells(self, row: Row) -> Iterator[str]:
        for column, cell in zip(self.columns, row.cells, strict=True):
            bar = row.bars.get(column)
            shown = "" if cell is None else cell if isinstance(cell, str) else spoken(cell)
            yield f"{shown} ({bar})" if bar is not None and shown else shown


def absent(name: str, columns: Sequence[str], why: str = "not installed") -> Row:
    """The row of a peer that could not be measured."""
    return Row(name, [why, *[None] * (len(columns) - 1)])


def spoken(value: float) -> str:
    """A figure with the three digits that mean something."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3g}"
