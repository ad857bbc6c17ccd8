"""Curves with bands as SVG text, to be read by day, at night and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from ..records import Floats

INKS: Final = 6  # colours of curves, as the style of the page names them: .ink0 to .ink5
DASHES: Final = ("", "7 3", "2 3")  # further laps through the colours
LARGE, SMALL = (760, 320), (440, 240)  # width, height without the legend
LEFT, RIGHT, TOP, BOTTOM = 54, 10, 26, 36
LETTER: Final = 6.2  # width of a letter at the 11 pixels that all texts have
MARGIN: Final = 0.04  # of the height, so that no curve runs along the frame
LARGEST, SMALLEST = 1e307, 1e-300  # ends of an axis and their distance; their differences and quotients are numbers


@dataclass(frozen=True, slots=True)
class Line:
    """x, y: (n,), all of which are drawn. low, high: a band, (n,) each, NaN where there is none."""

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from low to high as pixels from start to end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, values: Floats | float) -> Floats:
        share = (np.asarray(values, dtype=np.float64) / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        placed: Floats = self.start + share * (self.end - self.start)
        return placed

    def ticks(self) -> list[float]:
        """Four to eight round values."""
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next(factor for factor in (5, 2, 1) if span / (step * factor) >= 3 or factor == 1)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def chart(
    lines: Sequence[Line], x_title: str, y_title: str, size: tuple[int, int] = LARGE, marks: Sequence[float] = ()
) -> str | None:
    """An SVG with axes, curves, a legend of several, and dashed lines at marks; None without anything finite."""
    drawn = [each for each in lines if np.isfinite(each.y).any()]
    if not drawn:
        return None
    width, height = size
    x = Scale(*extent([each.x[np.isfinite(each.y)] for each in drawn]), LEFT, width - RIGHT)
    low, high = extent([part for each in drawn for part in (each.y, each.low, each.high) if part is not None])
    margin = MARGIN * (high - low)
    y = Scale(low - margin, high + margin, height - BOTTOM, TOP)
    parts = [_axes(x, y, x_title, y_title)]
    parts += [f'<path class="mark" d="M{float(x(at)):.1f} {TOP}V{height - BOTTOM}"/>' for at in marks
              if x.low <= at <= x.high]  # fmt: skip
    parts += [_band(x, y, each, place) for place, each in enumerate(drawn) if each.low is not None]
    parts += [_curve(x, y, each, place) for place, each in enumerate(drawn)]
    legend, rows = _legend(drawn, width, height) if len(drawn) > 1 else ("", 0)
    names = f" of {', '.join(each.name for each in drawn)}" if len(drawn) > 1 else ""
    return framed(width, height + 18 * rows, f"{y_title} over {x_title}{names}", "".join(parts) + legend)


def framed(width: int, height: int, label: str, inside: str) -> str:
    """The SVG element; label is what is read to those who do not see it."""
    return (f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label, quote=True)}">'
            f"{inside}</svg>")  # fmt: skip


def short(name: str, pixels: float) -> str:
    """The name as text of an SVG, cut to so many pixels; the whole of it is told when the pointer rests on it."""
    letters = max(4, int(pixels / LETTER))
    if len(name) <= letters:
        return escape(name)
    return f"{escape(name[: letters - 1])}…<title>{escape(name)}</title>"


def ink(place: int) -> str:
    """The class that gives a line or a band its colour, another one by night."""
    return f"ink{place % INKS}"


def extent(parts: Sequence[Floats]) -> tuple[float, float]:
    finite = np.concatenate([part[np.isfinite(part)] for part in parts]).clip(-LARGEST, LARGEST)
    low, high = float(finite.min()), float(finite.max())
    if high - low > SMALLEST:
        return low, high
    margin = max(0.5, abs(low) / 100)  # half of one is nothing beside 1e17
    return low - margin, high + margin


def _axes(x: Scale, y: Scale, x_title: str, y_title: str) -> str:
    """y.start is the bottom of the frame, y.end its top."""
    parts = []
    for tick in y.ticks():
        at = float(y(tick))
        parts.append(f'<path class="grid" d="M{x.start} {at:.1f}H{x.end}"/>'
                     f'<text x="{x.start - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:.4g}</text>')  # fmt: skip
    for tick in x.ticks():
        at = float(x(tick))
        side = "end" if at > x.end - 20 else "middle"  # so that the last one is not cut off
        parts.append(f'<text x="{at:.1f}" y="{y.start + 15}" text-anchor="{side}">{tick:,.6g}</text>')
    parts.append(f'<path class="axis" d="M{x.start} {y.end}V{y.start}H{x.end}"/>'
                 f'<text class="title" x="4" y="13">{short(y_title, x.end - 4)}</text>'
                 f'<text x="{x.end}" y="{y.start + 30}" text-anchor="end">{escape(x_title)}</text>')  # fmt: skip
    return "".join(parts)


def _curve(x: Scale, y: Scale, line: Line, place: int) -> str:
    """A path that is broken where a value is not finite; a point that stands alone is a dot."""
    words, pen = [], "M"
    for across, up in zip(x(line.x), y(line.y), strict=True):
        if math.isfinite(across) and math.isfinite(up):
            words.append(f"{pen}{across:.1f} {up:.1f}")
            pen = "L"
        else:
            pen = "M"
    dots = "".join(f"{word}h.01" for word, after in zip(words, [*words[1:], "M"], strict=True)
                   if word[0] == after[0] == "M")  # fmt: skip
    alone = f'<path class="dot {ink(place)}" d="{dots}"/>' if dots else ""
    return f'<path class="curve {ink(place)}"{_dash(place)} d="{"".join(words)}"/>{alone}'


def _band(x: Scale, y: Scale, line: Line, place: int) -> str:
    assert line.low is not None
    assert line.high is not None
    known = np.isfinite(line.low) & np.isfinite(line.high)
    if known.sum() < 2:
        return ""
    across = x(line.x[known])
    edge = np.concatenate((y(line.low[known]), y(line.high[known])[::-1]))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(np.concatenate((across, across[::-1])), edge, strict=True))
    return f'<polygon class="band {ink(place)}" points="{points}"/>'


def _legend(lines: Sequence[Line], width: int, top: int) -> tuple[str, int]:
    """The legend and how many rows it takes."""
    longest = max(min(len(line.name), 40) for line in lines) * LETTER + 44
    columns = max(1, min(len(lines), int((width - LEFT - RIGHT) / longest)))
    step = (width - LEFT - RIGHT) / columns
    parts = []
    for place, line in enumerate(lines):
        x, y = LEFT + place % columns * step, top + 6 + 18 * (place // columns)
        parts.append(f'<path class="curve {ink(place)}"{_dash(place)} d="M{x:.0f} {y}h22"/>'
                     f'<text x="{x + 28:.0f}" y="{y + 4}">{short(line.name, step - 34)}</text>')  # fmt: skip
    return "".join(parts), -(-len(lines) // columns)


def _dash(place: int) -> str:
    dash = DASHES[place // INKS % len(DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""
