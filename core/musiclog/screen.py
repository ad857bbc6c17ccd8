"""The terminal as commands write to it: what runs, metrics and files are called is text there, never an order to it."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.measure import Measurement
from rich.segment import Segment

# Control characters would move the cursor, colour or rename the terminal; marks of direction turn text around.
# The first 32 have pictures in Unicode; line breaks and tabs are layout.
_SHOWN: Final[dict[int, int | str]] = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"},
    **dict.fromkeys([*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"),
}


def screen(**how: Any) -> Console:
    """A console for a command; how: what rich's Console takes."""
    console = Console(**how)
    console.push_render_hook(_Hook())
    return console


class Harmless:
    """What is shown, without control characters; for rich's Live, which passes the console's hooks by."""

    def __init__(self, shown: RenderableType) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._shown, options):
            yield Segment(text if control else text.translate(_SHOWN), style, control)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._shown)


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [Harmless(each) for each in renderables]
