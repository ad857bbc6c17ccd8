"""Write the best samples into a folder, in a worker process. No Qt here."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from musiclog.errors import SynthError

if TYPE_CHECKING:
    from musiclog.sample_marks import Pick


def export_best(folder: str, picks: list[Pick], soundfont: str | None) -> Generator[int, None, str]:
    """Tells how many are done, and in the end the page's path."""
    from musiclog.best_of import write_best_of  # noqa: PLC0415  brings the synthesiser, which only workers need

    try:
        yield from write_best_of(Path(folder), picks, soundfont)
    except OSError as error:
        raise SynthError(f"{folder} cannot be written ({error.strerror})") from error
    return str(Path(folder) / "best-of.html")
