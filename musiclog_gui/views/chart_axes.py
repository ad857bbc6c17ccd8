"""The axes of a chart: figures that are quick to read, and times as clocks tell them."""

from __future__ import annotations

import math
import time

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QStaticText
from PySide6.QtWidgets import QWidget

from ..state.laid_series import METRIC
from ..state.y_scale import YScale

# Seconds between ticks that a clock's reader expects.
TIME_STEPS = (
    0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 91 * 86400, 365 * 86400,
)  # fmt: skip
COUNTED = ("step", "tokens", "files")  # there is nothing between two of them
TICK_PX = 78  # room for one label of the longest kind


def compact(value: float, step: float = 0.0) -> str:
    """A figure for an axis: 12k, 1.5M, 0.004, 3e-05; step is the distance of the ticks, which sets the digits."""
    size = max(abs(value), step)
    if value == 0:
        return "0"
    if size >= 1e12 or size < 1e-4:
        return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return _digits(value / (1e3 if letter == "k" else limit), step / (1e3 if letter == "k" else limit)) + letter
    return _digits(value, step)


def duration(seconds: float, step: float = 0.0) -> str:
    """Seconds since the start, as 45 s, 12 min, 3:20 h, 2 d 4 h."""
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    if seconds == 0:
        return "0"
    if step < 60 and seconds < 600:
        return f"{sign}{_digits(seconds, step)} s"
    if step < 3600 and seconds < 3600:
        whole, rest = divmod(round(seconds), 60)
        return f"{sign}{whole}:{rest:02d} min" if step < 60 else f"{sign}{whole} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    if seconds < 2 * 86400:
        return f"{sign}{hours}:{minutes:02d} h"
    days, hours = divmod(hours, 24)
    return f"{sign}{days} d {hours} h" if hours else f"{sign}{days} d"


def clock(unix: float, step: float = 0.0) -> str:
    """Unix seconds as local time, with what the ticks do not share: the second, the minute or the day."""
    there = time.localtime(unix)
    if step >= 86400:
        return time.strftime("%d %b" if step < 200 * 86400 else "%b %Y", there)
    if there.tm_hour == there.tm_min == there.tm_sec == 0:
        return time.strftime("%d %b", there)
    if 0 < step < 1:
        decimals = -math.floor(math.log10(step) + 1e-9)
        return time.strftime("%H:%M:%S", there) + f"{unix % 1:.{decimals}f}"[1:]
    return time.strftime("%H:%M" if step >= 60 else "%H:%M:%S", there)


def x_text(x: float, axis: str) -> str:
    """One x as a reader names it: "step 1,204", "epoch 3.25", "1:20 h", "14:30:05"."""
    if axis == "wall":
        return time.strftime("%d %b %H:%M:%S", time.localtime(x))
    if axis == "relative":
        return duration(x)
    if axis.startswith(METRIC):
        return f"{axis.removeprefix(METRIC)} {x:.6g}"
    return f"{axis} {x:.2f}" if axis == "epoch" else f"{axis} {x:,.0f}"


class PaintedAxis(pg.AxisItem):
    """Ticks and figures found once for a range and painted directly.

    pyqtgraph records them as a picture and plays it, which lays out every text anew: half of a panning frame.
    """

    TEXTS = 400  # figures that are kept laid out

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self._texts: dict[str, QStaticText] = {}
        self.enableAutoSIPrefix(False)

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None) -> None:
        if self.picture is None:  # pyqtgraph's word for: found anew after every change
            self.picture = self.generateDrawSpecs(painter) or ()
        if not self.picture:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        axis_line, ticks, texts = self.picture
        for pen, start, end in (axis_line, *ticks):
            painter.setPen(pen)
            painter.drawLine(start, end)
        painter.setPen(self.textPen())
        for rect, flags, text in texts:
            static = self._laid_out(text)
            size = static.size()
            right, middle = flags & Qt.AlignmentFlag.AlignRight, flags & Qt.AlignmentFlag.AlignVCenter
            x = rect.right() - size.width() if right else rect.center().x() - size.width() / 2
            painter.drawStaticText(QPointF(x, rect.center().y() - size.height() / 2 if middle else rect.top()), static)

    def _laid_out(self, text: str) -> QStaticText:
        if len(self._texts) > self.TEXTS:
            self._texts.clear()
        if text not in self._texts:
            self._texts[text] = QStaticText(text)
            self._texts[text].setTextFormat(Qt.TextFormat.PlainText)
        return self._texts[text]


class XAxis(PaintedAxis):
    """Steps, epochs, seconds since the start or the time of day."""

    def __init__(self) -> None:
        super().__init__("bottom")
        # The first and the last label may stand over the corners; ticks point away from the curves.
        self.setStyle(hideOverlappingLabels=False, tickLength=4)
        self.kind, self.log = "step", False

    def set_kind(self, kind: str, *, log: bool = False) -> None:
        if (kind, log) != (self.kind, self.log):
            self.kind, self.log = kind, log
            self.picture = None
            self.update()

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        wanted = (maxVal - minVal) * TICK_PX / max(size, 1)
        if self.kind in ("relative", "wall"):
            spacing = next((step for step in TIME_STEPS if step >= wanted), TIME_STEPS[-1])
            return [(spacing, self._midnight(minVal) if self.kind == "wall" else 0.0)]
        power = 10 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
        spacing = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= wanted)
        return [(max(spacing, 1.0) if self.kind in COUNTED else spacing, 0.0)]

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if self.log:
            spacing, places = log_ticks(minVal, maxVal, size, TICK_PX)
            counted = self.kind in COUNTED
            return [(spacing, [p for p in places if not counted or abs(10**p - round(10**p)) < 1e-6 * 10**p])]
        (spacing, origin), *_ = self.tickSpacing(minVal, maxVal, size)
        first = math.ceil((minVal - origin) / spacing)
        last = math.floor((maxVal - origin) / spacing)
        return [(spacing, [origin + each * spacing for each in range(first, min(last, first + 200) + 1)])]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        if self.log:
            told = [float(f"{10**place:.3g}") for place in values]
            return [duration(value) if self.kind == "relative" else compact(value) for value in told]
        if self.kind == "wall":
            return [clock(value, spacing) for value in values]
        if self.kind == "relative":
            return [duration(value, spacing) for value in values]
        return [compact(value, spacing) for value in values]

    @staticmethod
    def _midnight(unix: float) -> float:
        there = time.localtime(unix)
        return unix - there.tm_hour * 3600 - there.tm_min * 60 - there.tm_sec - unix % 1


class YAxis(PaintedAxis):
    """Values; on a logarithmic axis the ticks stand at 1, 2 and 5 of every power, or at powers only."""

    # The same width in every chart, so that charts under each other line up and nothing jumps while values grow.
    WIDTH = 54

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(self.WIDTH)
        self.heights = YScale()

    def set_scale(self, scale: YScale) -> None:
        if scale != self.heights:
            self.heights = scale
            self.picture = None
            self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.heights.log:
            return [even_ticks(minVal, maxVal, size, 38)]
        if self.heights.symlog is not None:
            low, high = self.heights.value(minVal), self.heights.value(maxVal)
            ticks = self.heights.symlog.ticks(low, high, max(int(size / 30), 2))
            return [(0.0, [self.heights.place(value) for value in ticks])]
        return [log_ticks(minVal, maxVal, size, 34)]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        if self.heights.log:
            return [compact(float(f"{self.heights.value(place):.3g}")) for place in values]
        return [compact(value, spacing) for value in values]


def even_ticks(low: float, high: float, size: float, label_px: float) -> tuple[float, list[float]]:
    """The distance of round ticks that have room for their labels, and the ticks."""
    wanted = (high - low) * label_px / max(size, 1)
    if not wanted > 0:
        return 1.0, []
    power = 10 ** math.floor(math.log10(wanted))
    spacing = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted * 0.999)
    first, last = math.ceil(low / spacing), math.floor(high / spacing)
    return spacing, [each * spacing for each in range(first, min(last, first + 100) + 1)]


def log_ticks(low: float, high: float, size: float, label_px: float) -> tuple[float, list[float]]:
    """Likewise for logarithms: at 1, 2 and 5 of every power, or at powers only."""
    decades, room = high - low, max(size / label_px, 2)
    if decades < 0.7:  # less than a factor of five: ticks at round values, placed where their logarithm lies
        spacing, values = even_ticks(10**low, 10**high, size, label_px)
        return spacing, [math.log10(value) for value in values if value > 0]
    factors = (1, 2, 5) if decades * 3 <= room else (1, 3) if decades * 2 <= room else (1,)
    every = max(1, math.ceil(decades / room))
    powers = range(math.floor(low), math.ceil(high) + 1)
    places = [p + math.log10(f) for p in powers if p % every == 0 for f in factors]
    return float(every), [place for place in places if low <= place <= high]


def _digits(value: float, step: float) -> str:
    """As many decimals as the distance of the ticks asks for, or three significant digits without one."""
    if step <= 0:
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}"
