"""The best samples as a folder to give away: MIDI, sound, a text, and one web page that plays everything by itself."""

from __future__ import annotations

import base64
import html
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template
from typing import Final

import numpy as np

from .errors import MusiclogError
from .sample_marks import Pick, stars
from .sound_file import kinds, write_sound
from .synth import render

# A page carries its sound inside, a third larger by base64: at half the rate 7 MB a minute as WAV, 1.3 MB as OGG.
_PAGE_HZ: Final = 22_050
_PLAYABLE: Final = {".ogg": "audio/ogg", ".wav": "audio/wav"}


def write_best_of(folder: Path, picks: Sequence[Pick], soundfont: str | None = None) -> Iterator[int]:
    """Write everything into the folder, which is made; yields how many are done. Raises OSError where it cannot be.

    A pick that cannot be read or heard stands in the text and on the page with the reason.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines, articles = [], []
    width = len(str(len(picks)))
    for number, pick in enumerate(picks, 1):
        stem = f"{number:0{width}d}-{_plain(pick.name)}"
        reason, sound = None, b""
        try:
            shutil.copyfile(pick.path, folder / f"{stem}.mid")
            pcm, hz = render(pick.path, soundfont=soundfont)
            write_sound(folder / f"{stem}.wav", pcm, hz)
            sound = _small(folder, stem, pcm, hz)
        except MusiclogError as error:
            reason = str(error)
        except FileNotFoundError:
            reason = "the file is gone"
        lines.append(_told(number, pick, f"{stem}.mid", reason))
        articles.append(_article(number, pick, sound, reason))
        yield number
    (folder / "best-of.txt").write_text("\n".join(lines), encoding="utf-8", errors="replace")
    page = _PAGE.substitute(day=time.strftime("%Y-%m-%d"), count=len(picks), articles="\n".join(articles))
    (folder / "best-of.html").write_text(page, encoding="utf-8", errors="replace")


def _small(folder: Path, stem: str, pcm: np.ndarray[tuple[int, int], np.dtype[np.float32]], hz: int) -> bytes:
    """The sound for the page: OGG where it can be written, else WAV at half the rate."""
    ending = _page_kind()
    passing = folder / f".{stem}.page{ending}"
    try:
        if ending == ".ogg":
            write_sound(passing, pcm, hz)
        else:
            step = max(round(hz / _PAGE_HZ), 1)
            half = pcm[:, : pcm.shape[1] // step * step].reshape(2, -1, step).mean(axis=2)
            write_sound(passing, half.astype(np.float32), hz // step)
        return passing.read_bytes()
    finally:
        passing.unlink(missing_ok=True)


def _page_kind() -> str:
    return ".ogg" if ".ogg" in kinds() else ".wav"


def _plain(name: str) -> str:
    """A file name that every system takes."""
    return re.sub(r"[^\w.-]+", "_", name.removesuffix(".mid").removesuffix(".midi")).strip("._")[:80] or "sample"


def _facts(pick: Pick) -> list[str]:
    quality = "" if pick.quality is None else f"quality {pick.quality:.2f}"
    tags = " ".join(f"#{tag}" for tag in pick.marks.tags)
    return [fact for fact in (stars(pick.marks), pick.origin, quality, tags) if fact]


def _told(number: int, pick: Pick, file: str, reason: str | None) -> str:
    lines = [f"{number}. {pick.name}", f"   {' · '.join(_facts(pick))}"]
    if pick.marks.comment:
        day = (
            ""
            if pick.marks.commented is None
            else time.strftime(" (%Y-%m-%d %H:%M)", time.localtime(pick.marks.commented))
        )
        lines.append(f"   {pick.marks.comment}{day}")
    lines.append(f"   {reason or file}")
    return "\n".join(lines) + "\n"


def _article(number: int, pick: Pick, sound: bytes, reason: str | None) -> str:
    parts = [
        f"<h2>{number}. {html.escape(pick.name)}</h2>",
        f"<p class=facts>{html.escape(' · '.join(_facts(pick)))}</p>",
    ]
    if pick.marks.comment:
        parts.append(f"<blockquote>{html.escape(pick.marks.comment)}</blockquote>")
    if reason is not None:
        parts.append(f"<p class=reason>{html.escape(reason)}</p>")
    else:
        inside = base64.b64encode(sound).decode("ascii")
        parts.append(f'<audio controls preload=none src="data:{_PLAYABLE[_page_kind()]};base64,{inside}"></audio>')
    return f"<article>{''.join(parts)}</article>"


_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; media-src data:; style-src 'unsafe-inline'">
<title>Best of $count samples</title><style>
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
padding: 0 1rem } article { border-top: 1px solid #8886; padding: .8rem 0 } h2 { font-size: 1.05rem; margin: 0;
overflow-wrap: anywhere } .facts, .reason, footer { opacity: .75; margin: .2rem 0 } blockquote { margin: .5rem 0;
padding-left: .8rem; border-left: 3px solid #8888; white-space: pre-wrap; overflow-wrap: anywhere }
audio { width: 100%; margin-top: .4rem }
</style></head><body><h1>Best of</h1>
$articles
<footer>$count samples, $day. Loudness matched.</footer></body></html>
""")
