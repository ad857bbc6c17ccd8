"""What other packages bring: found by entry points, and tried, so that somebody can say what does not work."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

GROUPS = ("musiclog.readers", "musiclog.metrics", "musiclog.detectors", "musiclog.exporters", "musiclog.sinks")


@dataclass(frozen=True, slots=True)
class PlugIn:
    """One entry point. kind: reader, metric, ...; trouble: why it cannot be loaded, "" where it can."""

    kind: str
    name: str
    package: str
    trouble: str = ""


def plug_ins() -> list[PlugIn]:
    """All of them, loaded once each."""
    found = []
    for group in GROUPS:
        for point in entry_points(group=group):
            trouble = ""
            try:
                point.load()
            except Exception as error:  # noqa: BLE001 - a foreign package may raise anything
                trouble = f"{type(error).__name__}: {error}"
            package = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
            found.append(PlugIn(group.partition(".")[2].removesuffix("s"), point.name, package, trouble))
    return found
