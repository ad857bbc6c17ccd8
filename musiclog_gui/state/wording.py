"""How figures, times and names from files are written on the screen."""

from __future__ import annotations

import html
import json
import math
import re
import time
import unicodedata
from typing import Any

# Longer texts are cut in tables: a name of a megabyte would stop the painter for seconds.
LONGEST_CELL = 300
LONGEST_TIP = 2_000
# Invisible characters that turn the reading direction of what stands around them.
_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def one_line(text: object, longest: int = LONGEST_CELL) -> str:
    """A name from a file, safe to paint in one line: breaks become ⏎, other control characters �."""
    text = str(text)
    cut = text[:longest]
    if not cut.isprintable():
        cut = "".join(map(_visible, cut))
    return cut + "…" if len(text) > longest else cut


def breakable(text: str, longest: int = 40) -> str:
    """Words longer than a line of the panel may break: a zero-width space after every so many characters."""
    if max(map(len, text.split()), default=0) <= longest:
        return text
    return re.sub(rf"(\S{{{longest}}})", "\\1\u200b", text)


def tool_tip(text: object) -> str:
    """A text for a tool tip, which Qt would otherwise read as HTML when it looks like it."""
    text = str(text)
    cut = text[:LONGEST_TIP] + ("…" if len(text) > LONGEST_TIP else "")
    return f"<span style='white-space: pre-wrap'>{html.escape(cut)}</span>"


def figure(value: object) -> str:
    """A value for a table: numbers to five significant digits, whole ones with separators, others as JSON."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return one_line(value)
    return one_line(compact_json(value))


def number(value: float) -> str:
    """A float to five significant digits, without the noise of trailing zeros."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1e9:
        return f"{value:.4g}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.1f}" if abs(value) >= 1_000 else f"{value:.5g}"


def figure_in_full(value: object) -> str:
    """A value of a configuration, exactly as it is: text bare, everything else as JSON."""
    return value if isinstance(value, str) else compact_json(value)


def share(part: float, whole: float) -> str:
    """part of whole in per cent; a dash when there is no whole."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def step_text(step: float | None) -> str:
    return "–" if step is None or math.isnan(step) else number(float(step))


def span(seconds: float) -> str:
    """A length of time in its two largest units: 42 s, 4 min, 3 h 20 min, 2 d 5 h."""
    seconds = max(seconds, 0.0)
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def moment(unix: float | None, now: float | None = None) -> str:
    """A point in time, local: the clock today, with its date on other days."""
    if unix is None or not math.isfinite(unix):
        return "–"
    there, here = time.localtime(unix), time.localtime(now)
    if there[:3] == here[:3]:
        return time.strftime("%H:%M:%S", there)
    return time.strftime("%Y-%m-%d %H:%M", there)


def clock(unix: float, now: float | None = None) -> str:
    """A point in time to the minute, local; with its date on other days."""
    there, here = time.localtime(unix), time.localtime(now)
    return time.strftime("%H:%M" if there[:3] == here[:3] else "%Y-%m-%d %H:%M", there)


def log_moment(unix: float | None, now: float | None = None) -> str:
    """A point in time as precise as a text log needs it: milliseconds today, seconds on other days."""
    if unix is None or not math.isfinite(unix):
        return "–"
    there, here = time.localtime(unix), time.localtime(now)
    if there[:3] == here[:3]:
        return time.strftime("%H:%M:%S", there) + f".{int(unix % 1 * 1000):03d}"
    form = "%m-%d %H:%M:%S" if there[0] == here[0] else "%Y-%m-%d %H:%M"
    return time.strftime(form, there)


def date_and_time(unix: float) -> str:
    """Local date and time to the second, whatever day it is."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix))


def compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _visible(character: str) -> str:
    if character in "\n\r\u2028\u2029":
        return "⏎"
    if character == "\t":
        return " "
    if character in _TURNING or unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
        return "�"
    return character
