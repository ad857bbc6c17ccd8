"""One HTML file that needs nothing else: everything inside, every name shown as text, no script, no request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from .sound import Sound

# What the browser may do with this file: nothing but show it and play the sounds in it.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:"
_STYLE: Final = """
:root { color-scheme: light dark; --text: #1c2024; --muted: #5b6570; --back: #fff; --line: #d6dbe0; --accent: #0b63b0 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ec; --muted: #9aa5b1; --back: #16191d; --line: #343a41; --accent: #6cb2f2 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 62rem; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
.muted, figcaption, caption, footer { color: var(--muted); font-size: .88rem }
ol li { margin: .5rem 0 } li.claim { font-weight: 600 }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem;
  border-bottom: 1px solid var(--line); min-width: 3.5rem; max-width: 22rem; overflow-wrap: break-word }
caption { caption-side: bottom; text-align: left; padding-top: .4rem }
figure { margin: 1rem 0 } svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: var(--text) }
svg .axis { stroke: var(--muted); fill: none } svg .grid { stroke: var(--line); fill: none }
svg .curve { fill: none; stroke-width: 1.6 }
.sound { border-bottom: 1px solid var(--line); padding: .6rem 0 }
audio { width: 30rem; max-width: 100%; display: block }
a { color: var(--accent) }
@media print { body { margin: 0; max-width: none } section, figure, tr { break-inside: avoid } audio { display: none } }
"""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    claim: bool = False  # that something differs


@dataclass(frozen=True, slots=True)
class Sentences:
    """Numbered, most important first."""

    listed: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class Lines:
    """Plain paragraphs."""

    listed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """svg: made by chart(), which escapes what it is given."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Sounds:
    listed: Sequence[Sound]


Part = Sentences | Lines | Table | Figure | Sounds


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    parts: Sequence[Part]


def page(title: str, about: str, sections: Sequence[Section], made_by: str) -> str:
    """The whole file. All texts may hold anything; they are shown, never run."""
    body = "".join(_section(each) for each in sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>"
        f'<p class="muted">{escape(about)}</p>{body}<footer><p>{escape(made_by)}</p></footer></body></html>\n'
    )


def _section(section: Section) -> str:
    inside = "".join(_part(part) for part in section.parts)
    return f"\n<section><h2>{escape(section.title)}</h2>{inside}</section>" if inside else ""


def _part(part: Part) -> str:
    match part:
        case Sentences(listed):
            items = "".join(f"<li{' class=claim' if each.claim else ''}>{escape(each.text)}</li>" for each in listed)
            return f"<ol>{items}</ol>" if items else ""
        case Lines(listed):
            return "".join(f"<p>{escape(each)}</p>" for each in listed)
        case Table():
            return _table(part)
        case Figure(svg, caption):
            return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        case Sounds(listed):
            return "".join(map(_sound, listed))


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _sound(each: Sound) -> str:
    name = escape(each.name, quote=True)
    parts = [f'<div class="sound"><strong>{name}</strong> <span class="muted">{escape(each.about)}</span>']
    if each.wav is not None:
        parts.append(f'<audio controls preload="metadata" src="data:audio/wav;base64,{_text(each.wav)}"></audio>')
    if each.cut:
        parts.append('<span class="muted">the first 30 seconds; the MIDI file has all of it</span> ')
    if each.midi is not None:
        parts.append(f'<a download="{name}.mid" href="data:audio/midi;base64,{_text(each.midi)}">MIDI file</a>')
    if each.trouble is not None:
        parts.append(f'<span class="muted">{escape(each.trouble)}</span>')
    return "".join(parts) + "</div>"


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
