"""One HTML file that needs nothing else: everything inside, every name shown as text, no script, no request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from .parts import Document, Figure, Figures, Lines, Pairs, Part, Section, Sentence, Sentences, Sounds, Table
from .sound import Sound

# What the browser may do with this file: nothing but show it and play the sounds in it.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:"
# Inks: Okabe and Ito's colours, which colour-blind eyes can tell apart, without yellow and black; lighter by night.
_LIGHT: Final = """--text: #1c2024; --muted: #5b6570; --back: #fff; --line: #d6dbe0; --card: #f5f7f9; --accent: #0b63b0;
  --ink0: #0072b2; --ink1: #d55e00; --ink2: #009e73; --ink3: #b5528a; --ink4: #b87a00; --ink5: #3a9bd6"""
_DARK: Final = """--text: #e6e9ec; --muted: #9aa5b1; --back: #16191d; --line: #343a41; --card: #1e2328;
  --accent: #6cb2f2; --ink0: #4da6e8; --ink1: #f5853f; --ink2: #2cc295; --ink3: #de9bc2; --ink4: #f0b429;
  --ink5: #9fd4f5"""
# Also for pictures that stand alone, whose texts are on no page.
SVG_STYLE: Final = """
svg { font: 11px system-ui, sans-serif; fill: var(--text) } svg .title { font-weight: 600 }
svg .axis { stroke: var(--muted); fill: none } svg .grid { stroke: var(--line); fill: none }
svg .mark { stroke: var(--muted); stroke-dasharray: 3 3; fill: none } svg .bar { stroke: var(--text); stroke-width: 5 }
svg .ink0 { --ink: var(--ink0) } svg .ink1 { --ink: var(--ink1) } svg .ink2 { --ink: var(--ink2) }
svg .ink3 { --ink: var(--ink3) } svg .ink4 { --ink: var(--ink4) } svg .ink5 { --ink: var(--ink5) }
svg .curve { fill: none; stroke: var(--ink); stroke-width: 1.6 }
svg .band { fill: var(--ink); fill-opacity: .2 } svg .wide { stroke-width: 3 }
svg .dot { stroke: var(--ink); stroke-width: 6; stroke-linecap: round; fill: none }
svg .dot.faint { stroke-opacity: .4 }
"""
COLOURS: Final = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
@media print {{ :root {{ color-scheme: light; {_LIGHT} }} }}
"""
_STYLE: Final = f"""{COLOURS}{SVG_STYLE}
* {{ box-sizing: border-box }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 66rem; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere }}
h1 {{ font-size: 1.6rem; margin-bottom: .2rem }} h2 {{ font-size: 1.2rem; margin: 2.4rem 0 .6rem }}
.muted, figcaption, caption, footer, th small {{ color: var(--muted); font-size: .85rem; font-weight: normal }}
th small {{ font-size: .95em }}
ol {{ padding-left: 1.4rem }} ol li {{ margin: .6rem 0; padding-left: .4rem }} li.claim::marker {{ font-weight: 700 }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  min-width: 3rem; max-width: 24rem; overflow-wrap: break-word }} th {{ vertical-align: bottom }}
td:first-child {{ min-width: 11rem }}
.number {{ text-align: right }} caption {{ caption-side: bottom; text-align: left; padding-top: .4rem }}
dl {{ columns: 22rem; column-gap: 2.4rem; font-size: .88rem; margin: 0 }}
dl div {{ display: flex; justify-content: space-between; gap: 1rem; break-inside: avoid;
  border-bottom: 1px solid var(--line); padding: .2rem 0 }} dt {{ color: var(--muted) }}
dd {{ margin: 0; text-align: right; max-width: 65% }}
figure {{ margin: 1rem 0 }} svg {{ width: 100%; height: auto; display: block }}
.grid-of-figures {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: .4rem 1.6rem }}
.grid-of-figures figure {{ margin: .4rem 0 }}
.sounds {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem }}
.sound {{ background: var(--card); border-radius: .5rem; padding: .7rem .9rem }} .sound .muted {{ display: block }}
audio {{ width: 100%; display: block; margin: .5rem 0 .3rem }} a {{ color: var(--accent) }}
footer {{ margin-top: 3rem; border-top: 1px solid var(--line) }}
@page {{ margin: 14mm }}
@media print {{ body {{ margin: 0; padding: 0; max-width: none; font-size: 10pt }} h2 {{ break-after: avoid }}
  figure, tr, .sound, li {{ break-inside: avoid }} audio, .sound a {{ display: none }} .wide {{ overflow: visible }}
  table {{ font-size: 7.5pt }} caption, figcaption, .muted {{ font-size: 8pt }}
  th, td {{ min-width: 0; padding-right: .5rem }} td:first-child {{ min-width: 3cm }}
  .grid-of-figures, .sounds {{ grid-template-columns: 1fr 1fr }} .sound {{ border: 1px solid var(--line) }} }}
"""


def page(document: Document) -> str:
    """The whole file. All texts may hold anything; they are shown, never run."""
    title = escape(document.title)
    body = "".join(map(_section, document.sections))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>"
        f'<p class="muted">{escape(document.about)}</p>{body}'
        f"<footer><p>{escape(document.made_by)}</p></footer></body></html>\n"
    )


def _section(section: Section) -> str:
    inside = "".join(map(_part, section.parts))
    return f"\n<section><h2>{escape(section.title)}</h2>{inside}</section>" if inside else ""


def _part(part: Part) -> str:
    match part:
        case Sentences(listed):
            html = _within("<ol>", map(_sentence, listed), "</ol>")
        case Lines(listed):
            html = "".join(f"<p>{escape(each)}</p>" for each in listed)
        case Pairs(listed):
            html = _within("<dl>", map(_pair, listed), "</dl>")
        case Figures(listed):
            html = _within('<div class="grid-of-figures">', map(_figure, listed), "</div>")
        case Sounds(listed):
            html = _within('<div class="sounds">', map(_sound, listed), "</div>")
        case Figure():
            html = _figure(part)
        case Table():
            html = _table(part)
    return html


def _within(begin: str, inside: Iterable[str], end: str) -> str:
    told = "".join(inside)
    return f"{begin}{told}{end}" if told else ""


def _pair(pair: tuple[str, str]) -> str:
    return f"<div><dt>{escape(pair[0])}</dt><dd>{escape(pair[1])}</dd></div>"


def _sentence(sentence: Sentence) -> str:
    """What is claimed stands out from the figures behind it."""
    if not sentence.claim:
        return f"<li>{escape(sentence.text)}</li>"
    claim, figures = sentence.parted()
    return f"<li class=claim><strong>{escape(claim)}</strong>{escape(figures)}</li>"


def _figure(figure: Figure) -> str:
    caption = f"<figcaption>{escape(figure.caption)}</figcaption>" if figure.caption else ""
    return f"<figure>{figure.svg}{caption}</figure>"


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    sides = [' class="number"' if _of_numbers([row[place] for row in table.rows]) else ""
             for place in range(len(table.header))]  # fmt: skip
    head = "".join(f"<th{side}>{_head(cell)}</th>" for side, cell in zip(sides, table.header, strict=True))
    rows = "".join(
        f"<tr>{''.join(f'<td{side}>{escape(cell)}</td>' for side, cell in zip(sides, row, strict=True))}</tr>"
        for row in table.rows
    )
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _head(cell: str) -> str:
    title, line, rest = cell.partition("\n")
    return escape(title) + (f"<br><small>{escape(rest)}</small>" if line else "")


def _of_numbers(cells: Sequence[str]) -> bool:
    """Whether every cell begins with a number or stands for none."""
    return bool(cells) and all(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    first = cell.partition(" ")[0]
    try:
        float(first.rstrip("%*").replace(",", "") or "0")
    except ValueError:
        return first == "—"
    return True


def _sound(each: Sound) -> str:
    name = escape(each.name, quote=True)
    parts = [f'<div class="sound"><strong>{name}</strong><span class="muted">{escape(each.about)}</span>']
    if each.audio is not None:
        source = f"data:{each.mime};base64,{_text(each.audio)}"
        parts.append(f'<audio controls preload="metadata" src="{source}"></audio>')
    if each.midi is not None:
        parts.append(f'<a download="{name}.mid" href="data:audio/midi;base64,{_text(each.midi)}">MIDI file</a>')
    if each.cut:
        parts.append('<span class="muted">Heard are the first 30 seconds; the MIDI file has all of it.</span>')
    if each.trouble is not None:
        parts.append(f'<span class="muted">{escape(each.trouble)}</span>')
    return "".join(parts) + "</div>"


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
