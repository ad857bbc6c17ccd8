"""Curves with bands as SVG text, to be read by day, at night and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from ..records import Floats

# Okabe and Ito's colours, which colour-blind eyes can tell apart; yellow and black left out for both backgrounds.
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES: Final = ("", "7 3", "2 3")  # further laps through the colours
WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 12, 40
LARGEST, SMALLEST = 1e307, 1e-300  # ends of an axis and their distance; their differences and quotients are numbers


@dataclass(frozen=True, slots=True)
class Line:
    """x, y: (n,), all of which are drawn. low, high: a band, (n,) each, NaN where there is none."""

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


def chart(lines: Sequence[Line], x_title: str, y_title: str) -> str | None:
    """An SVG with axes, curves and a legend; None where there is nothing finite to draw."""
    drawn = [each for each in lines if np.isfinite(each.y).any()]
    if not drawn:
        return None
    x0, x1 = _range([each.x[np.isfinite(each.y)] for each in drawn])
    y0, y1 = _range([part for each in drawn for part in (each.y, each.low, each.high) if part is not None])
    frame = _Frame(x0, x1, y0, y1)
    parts = [_axes(frame, x_title, y_title)]
    parts += [_band(frame, each, place) for place, each in enumerate(drawn) if each.low is not None]
    parts += [_curve(frame, each, place) for place, each in enumerate(drawn)]
    rows = (len(drawn) + 2) // 3
    height = HEIGHT + 18 * rows
    label = escape(f"{y_title} over {x_title} of {', '.join(each.name for each in drawn)}", quote=True)
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
            f"{''.join(parts)}{_legend(drawn)}</svg>")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Frame:
    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, values: Floats) -> Floats:
        return LEFT + (values - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, values: Floats) -> Floats:
        return HEIGHT - BOTTOM - (values - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)


def _range(parts: Sequence[Floats]) -> tuple[float, float]:
    finite = np.concatenate([part[np.isfinite(part)] for part in parts]).clip(-LARGEST, LARGEST)
    low, high = float(finite.min()), float(finite.max())
    if high - low > SMALLEST:
        return low, high
    margin = max(0.5, abs(low) / 100)  # half of one is nothing beside 1e17
    return low - margin, high + margin


def _axes(frame: _Frame, x_title: str, y_title: str) -> str:
    bottom = HEIGHT - BOTTOM
    parts = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>']
    for tick in _ticks(frame.x0, frame.x1):
        x = float(frame.x(np.array(tick)))
        parts.append(f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{tick:,.6g}</text>')
    for tick in _ticks(frame.y0, frame.y1):
        y = float(frame.y(np.array(tick)))
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>')  # fmt: skip
    middle = (TOP + bottom) / 2
    centre = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{centre}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_title)}</text>'
                 f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>')
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round values."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (5, 2, 1) if (high - low) / (step * factor) >= 3 or factor == 1)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def _curve(frame: _Frame, line: Line, place: int) -> str:
    """A path that is broken where a value is not finite."""
    words, pen = [], "M"
    for x, y in zip(frame.x(line.x), frame.y(line.y), strict=True):
        if math.isfinite(x) and math.isfinite(y):
            words.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        else:
            pen = "M"
    return f'<path class="curve" {_stroke(place)} d="{"".join(words)}"/>'


def _band(frame: _Frame, line: Line, place: int) -> str:
    assert line.low is not None
    assert line.high is not None
    known = np.isfinite(line.low) & np.isfinite(line.high)
    if known.sum() < 2:
        return ""
    x = frame.x(line.x[known])
    edge = np.concatenate((frame.y(line.low[known]), frame.y(line.high[known])[::-1]))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(np.concatenate((x, x[::-1])), edge, strict=True))
    return f'<polygon fill="{COLOURS[place % len(COLOURS)]}" fill-opacity="0.18" points="{points}"/>'


def _legend(lines: Sequence[Line]) -> str:
    parts = []
    for place, line in enumerate(lines):
        x, y = LEFT + (place % 3) * 232, HEIGHT + 6 + 18 * (place // 3)
        name = line.name if len(line.name) <= 34 else f"{line.name[:33]}…"
        parts.append(f'<path class="curve" {_stroke(place)} d="M{x} {y}h22"/><text x="{x + 28}" y="{y + 4}">'
                     f"{escape(name)}<title>{escape(line.name)}</title></text>")  # fmt: skip
    return "".join(parts)


def _stroke(place: int) -> str:
    dash = DASHES[place // len(COLOURS) % len(DASHES)]
    return f'stroke="{COLOURS[place % len(COLOURS)]}"' + (f' stroke-dasharray="{dash}"' if dash else "")
