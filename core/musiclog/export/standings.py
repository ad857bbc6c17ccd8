"""Groups against each other as SVG: every run as a dot with the group's interval, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from .chart import RIGHT, Scale, extent, framed, ink, short

WIDTH: Final = 760
NAMES: Final = 220  # pixels for the names
ROW: Final = 26


@dataclass(frozen=True, slots=True)
class Standing:
    """One group: its runs' values, its middle with the ends of its interval (None: none), and whether to mark it."""

    name: str
    values: Sequence[float]
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    marked: bool = False


def standings(rows: Sequence[Standing], title: str, ends: tuple[float, float] | None = None) -> str | None:
    """A line a group, in the order and with the colours of the curves; None without any value. ends: of the axis."""
    shown = [each for each in rows if each.middle is not None]
    known = [x for each in shown for x in (*each.values, each.middle, each.low, each.high) if x is not None]
    if not known:
        return None
    low, high = extent([np.array(known)]) if ends is None else ends
    x = Scale(low, high, NAMES + 12, WIDTH - RIGHT - 36)
    bottom = 26 + ROW * len(rows)
    parts = [f'<text class="title" x="4" y="13">{short(title, WIDTH - 8)}</text>']
    for tick in x.ticks():
        at = float(x(tick))
        parts.append(f'<path class="grid" d="M{at:.1f} 22V{bottom}"/>'
                     f'<text x="{at:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:.4g}</text>')  # fmt: skip
    parts += [_row(x, each, place) for place, each in enumerate(rows)]
    return framed(WIDTH, bottom + 22, title, "".join(parts))


def critical(names: Sequence[str], ranks: Sequence[float], cliques: Sequence[Sequence[int]], title: str) -> str:
    """Mean ranks on an axis; a bar joins groups that the tests do not tell apart. Source: Demsar, JMLR 7, 2006."""
    order = sorted(range(len(names)), key=lambda place: ranks[place])
    x = Scale(1.0, float(len(names)), NAMES, WIDTH - NAMES)
    top = 52 + 9 * len(cliques)
    parts = [f'<text class="title" x="4" y="13">{short(title, WIDTH - 8)}</text>',
             f'<path class="axis" d="M{x.start} 40H{x.end}"/>']  # fmt: skip
    for rank in range(1, len(names) + 1):
        at = float(x(rank))
        parts.append(f'<path class="axis" d="M{at:.1f} 36V44"/>'
                     f'<text x="{at:.1f}" y="32" text-anchor="middle">{rank}</text>')  # fmt: skip
    for number, clique in enumerate(cliques):
        ends = [float(x(ranks[place])) for place in clique]
        parts.append(f'<path class="bar" d="M{min(ends) - 4:.1f} {52 + 9 * number}H{max(ends) + 4:.1f}"/>')
    left = (len(order) + 1) // 2
    for number, place in enumerate(order):
        down = number if number < left else len(order) - 1 - number
        at, y = float(x(ranks[place])), top + 12 + 18 * down
        end, anchor, text = (NAMES - 8, "end", NAMES - 14) if number < left else (WIDTH - NAMES + 8, "start",
                                                                                 WIDTH - NAMES + 14)  # fmt: skip
        parts.append(
            f'<path class="axis" d="M{at:.1f} 40V{y}H{end}"/><text x="{text}" y="{y + 4}" '
            f'text-anchor="{anchor}">{short(f"{names[place]} ({ranks[place]:.2f})", NAMES - 16)}</text>'
        )
    return framed(WIDTH, top + 12 + 18 * left, escape(title), "".join(parts))


def _row(x: Scale, each: Standing, place: int) -> str:
    y = 26 + ROW * place + ROW / 2
    name = f'<text x="{NAMES - 10}" y="{y + 4}" text-anchor="end">{short(each.name, NAMES - 14)}</text>'
    if each.middle is None:
        return f'{name}<text class="faint" x="{NAMES}" y="{y + 4}">no value</text>'
    runs = "".join(f"M{float(x(value)):.1f} {y}h.01" for value in each.values)
    parts = [name, f'<path class="dot faint {ink(place)}" d="{runs}"/>' if runs else ""]
    if each.low is not None and each.high is not None:
        parts.append(f'<path class="curve {ink(place)}" '
                     f'd="M{float(x(each.low)):.1f} {y}H{float(x(each.high)):.1f}"/>')  # fmt: skip
    middle = float(x(each.middle))
    parts.append(f'<path class="curve wide {ink(place)}" d="M{middle:.1f} {y - 7}v14"/>')
    if each.marked:
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{y + 5}" text-anchor="end">*</text>')
    return "".join(parts)
