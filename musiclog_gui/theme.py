"""Every colour of the window, by role: one light and one dark theme, following the system unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

Mode = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Named roles as "#rrggbb". Text roles keep a contrast of at least 4.5 on window and panel, lines of 1.2."""

    name: str
    window: str  # behind everything
    panel: str  # cards, tables, charts
    raised: str  # buttons, headers, the hovered row
    text: str
    muted: str  # units, captions, what is said second
    line: str  # borders and separators
    grid: str  # lines inside a chart
    accent: str  # what can be clicked, what is current
    on_accent: str  # text on accent
    selection: str  # background of the selected row
    good: str
    info: str
    warning: str
    critical: str
    heat_low: str  # cells of a table from bad to good: orange to blue, which every kind of eye tells apart
    heat_mid: str
    heat_high: str
    tracks: tuple[str, ...]  # notes of a piano roll, by track

    def qcolor(self, role: str, alpha: float = 1.0) -> QColor:
        colour = QColor(getattr(self, role))
        colour.setAlphaF(alpha)
        return colour


LIGHT = Theme(
    name="light",
    window="#f4f5f7", panel="#ffffff", raised="#eceff3", text="#1c2128", muted="#5a6472", line="#d5dae1",
    grid="#e3e6eb", accent="#2563c9", on_accent="#ffffff", selection="#dbe7fb",
    good="#1a7f4b", info="#2563c9", warning="#9a5b00", critical="#c0262d",
    heat_low="#f7cba6", heat_mid="#f5f3ee", heat_high="#a6d3ea",
    tracks=("#0072b2", "#d55e00", "#009e73", "#b5518d", "#a87400", "#3b8fc4", "#7a5bb8", "#6b7280"),
)  # fmt: skip

DARK = Theme(
    name="dark",
    window="#14171c", panel="#1c2027", raised="#282e37", text="#e7eaef", muted="#9aa5b4", line="#353c47",
    grid="#2b313a", accent="#7fb0ff", on_accent="#0d1522", selection="#2a3d5c",
    good="#5cc990", info="#7fb0ff", warning="#f0b354", critical="#ff7b7f",
    heat_low="#7d4317", heat_mid="#2a2f37", heat_high="#155f80",
    tracks=("#4fa8e0", "#f08a4b", "#3fc79a", "#e08fc0", "#e0b040", "#8cc8f0", "#b39ae6", "#a9b2bf"),
)  # fmt: skip

# Okabe and Ito's colours for colour-blind eyes, the bright ones darkened and the dark ones lightened until each
# keeps a contrast of 3 on the light and on the dark panel: a run has one colour in both.
RUN_COLOURS = (
    "#1f7fc4", "#d55e00", "#009e73", "#c4609b", "#b07d00", "#4698c8", "#8a6fd1", "#7d8794", "#c2504c", "#5f9e2f",
)  # fmt: skip


def run_colour(index: int) -> str:
    """The colour of the index-th run; after one round the same hues come back lighter, then darker."""
    colour, lap = QColor(RUN_COLOURS[index % len(RUN_COLOURS)]), index // len(RUN_COLOURS) % 3
    return (colour, colour.lighter(128), colour.darker(128))[lap].name()


class _Herald(QObject):
    changed = Signal(object)  # Theme


_herald = _Herald()
theme_changed = _herald.changed
_current = LIGHT


def theme() -> Theme:
    """The theme that the window wears now."""
    return _current


class ThemeKeeper(QObject):
    """Dresses the application, and changes its clothes when the system or the user says so."""

    def __init__(self, app: QApplication, mode: Mode = "system") -> None:
        super().__init__(app)
        self._app, self.mode = app, mode
        app.setStyle("Fusion")  # the one style that takes all its colours from the palette, on every platform
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.choose(mode)

    @Slot(str)
    def choose(self, mode: Mode) -> None:
        self.mode = mode
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(mode, Qt.ColorScheme.Unknown)
        self._app.styleHints().setColorScheme(scheme)  # title bars and native dialogs follow
        self._dress()

    @Slot(Qt.ColorScheme)
    def _system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self.mode == "system":
            self._dress()

    def _dress(self) -> None:
        global _current  # noqa: PLW0603  one application wears one theme
        system_dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        _current = DARK if self.mode == "dark" or (self.mode == "system" and system_dark) else LIGHT
        self._app.setPalette(palette(_current))
        self._app.setStyleSheet(style_sheet(_current))
        theme_changed.emit(_current)


def palette(wear: Theme) -> QPalette:
    """The theme as Qt's palette, so that standard widgets need no style sheet for their colours."""
    result = QPalette()
    roles = {
        QPalette.ColorRole.Window: wear.window, QPalette.ColorRole.WindowText: wear.text,
        QPalette.ColorRole.Base: wear.panel, QPalette.ColorRole.AlternateBase: wear.window,
        QPalette.ColorRole.Text: wear.text, QPalette.ColorRole.PlaceholderText: wear.muted,
        QPalette.ColorRole.Button: wear.raised, QPalette.ColorRole.ButtonText: wear.text,
        QPalette.ColorRole.Highlight: wear.selection, QPalette.ColorRole.HighlightedText: wear.text,
        QPalette.ColorRole.ToolTipBase: wear.raised, QPalette.ColorRole.ToolTipText: wear.text,
        QPalette.ColorRole.Link: wear.accent, QPalette.ColorRole.LinkVisited: wear.accent,
        QPalette.ColorRole.Mid: wear.line, QPalette.ColorRole.Light: wear.raised,
        QPalette.ColorRole.Dark: wear.line, QPalette.ColorRole.BrightText: wear.critical,
        QPalette.ColorRole.Accent: wear.accent,
    }  # fmt: skip
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(wear.muted))
    return result


def style_sheet(wear: Theme) -> str:
    """window.qss of the resources with the roles filled in."""
    themes = Path(str(files("musiclog_resources") / "themes"))
    roles = {field.name: getattr(wear, field.name) for field in fields(wear)}
    text = (themes / "window.qss").read_text(encoding="utf-8")
    return Template(text).substitute(roles, shapes=themes.as_posix())


def scaled_font(font: QFont, factor: float, *, bold: bool = False) -> QFont:
    """font at factor times its size: sizes follow the user's own and are never absolute."""
    result = QFont(font)
    if font.pointSizeF() > 0:
        result.setPointSizeF(font.pointSizeF() * factor)
    else:
        result.setPixelSize(round(font.pixelSize() * factor))
    result.setBold(bold)
    return result
