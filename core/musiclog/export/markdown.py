"""A report as Markdown, with its pictures and sounds as files in a folder beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .names import free_name
from .page import COLOURS, SVG_STYLE
from .parts import Document, Figure, Figures, Lines, Pairs, Part, Sentence, Sentences, Sounds, Table
from .sound import Sound

# What one or the other dialect reads as more than text.
_MARKS: Final = re.compile(r"[\\`*_\[\]|~$]|^[#+=-](?=[\s#+=-]|$)|(?<=^\d)[.)](?=\s)|(?<=^\d\d)[.)](?=\s)")


def markdown(document: Document, folder: str) -> tuple[str, Mapping[str, bytes]]:
    """The text, and the files that it names, by their name inside the folder (a path relative to the text)."""
    written = _Written(folder)
    parts = [f"# {plain(document.title)}", plain(document.about)]
    for section in document.sections:
        inside = [text for part in section.parts for text in written.part(part)]
        parts += [f"## {plain(section.title)}", *inside] if inside else []
    return "\n\n".join([*parts, "---", plain(document.made_by)]) + "\n", written.files


def plain(text: str) -> str:
    """The text as it is: nothing in it becomes a heading, a link, HTML or a picture that is fetched."""
    line = " ".join(text.split())
    escaped = _MARKS.sub(lambda found: f"\\{found.group()}", line)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Written:
    """The files that were named so far."""

    def __init__(self, folder: str) -> None:
        self.files: dict[str, bytes] = {}
        self._folder = folder

    def part(self, part: Part) -> Iterator[str]:
        match part:
            case Sentences(listed):
                yield "\n".join(f"{number}. {_sentence(each)}" for number, each in enumerate(listed, 1))
            case Lines(listed):
                yield from map(plain, listed)
            case Pairs(listed):
                yield from _table(["", ""], listed)
            case Table():
                yield from _table(part.header, part.rows)
                yield from [f"*{plain(part.caption)}*"] if part.caption else []
            case Figure():
                yield from self._figure(part)
            case Figures(listed):
                for each in listed:
                    yield from self._figure(each)
            case Sounds(listed):
                yield from map(self._sound, listed)

    def _figure(self, figure: Figure) -> Iterator[str]:
        style = f"<style>{COLOURS}{SVG_STYLE} svg {{ background: var(--back) }}</style>"
        head, bracket, rest = figure.svg.partition(">")
        alone = f'{head} xmlns="http://www.w3.org/2000/svg"{bracket}{style}{rest}'
        yield f"![{plain(figure.name)}]({self._keep(figure.name, '.svg', alone.encode('utf-8', 'backslashreplace'))})"
        yield from [f"*{plain(figure.caption)}*"] if figure.caption else []

    def _sound(self, each: Sound) -> str:
        stem = f"{each.about.partition(' · ')[0]}-{each.name}"
        links = [f"[{kind}]({self._keep(stem, suffix, data)})"
                 for kind, suffix, data in (("sound", f".{each.kind}", each.audio), ("MIDI", ".mid", each.midi))
                 if data is not None]  # fmt: skip
        told = [plain(each.about), *links, plain(each.trouble or "")]
        return f"**{plain(each.name)}** " + " · ".join(text for text in told if text)

    def _keep(self, name: str, suffix: str, data: bytes) -> str:
        file = free_name(name, suffix, self.files)
        self.files[file] = data
        return f"{self._folder}/{file}"


def _sentence(sentence: Sentence) -> str:
    claim, figures = sentence.parted()
    return f"**{plain(claim)}** {plain(figures)}" if sentence.claim else plain(sentence.text)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        lines = [header, ["---"] * len(header), *rows]
        yield "\n".join("| " + " | ".join(cell if cell == "---" else plain(cell) for cell in line) + " |"
                        for line in lines)  # fmt: skip
