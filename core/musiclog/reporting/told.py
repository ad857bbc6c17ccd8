"""What reports of one run and of several tell alike: alerts, samples, training data, configuration, versions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..config_diff import flatten
from ..episodes import AlertEpisode, episodes
from ..export import Lines, Pairs, Section, Sound, Sounds, Table
from ..records import SampleFile
from ..run_data import RunData

SOUNDS: Final = 16  # of about 0.2 MB each, or 1.7 where there is no MP3 encoder
USES: Final = 30
ALERTS: Final = 200
NAMES: Final = 4  # of runs, listed where something is the same for all of them


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sample that is to be heard, and where it comes from in words."""

    sample: SampleFile
    about: str


def chosen_samples(runs: Sequence[RunData]) -> list[Chosen]:
    """The newest sample of every prompt of every run, as far as there is room."""
    newest = _newest(runs)
    return [Chosen(sample, _about(name, sample)) for name, sample in
            (newest[key] for key in _in_turns(list(newest))[:SOUNDS])]  # fmt: skip


def samples(runs: Sequence[RunData], sounds: Sequence[Sound]) -> Section:
    more = len(_newest(runs)) - len(sounds)
    left = f"{more} more of the newest samples are not in this report." if more > 0 else ""
    return Section("Samples", [Sounds(sounds), Lines([left] if left else [])])


def alerts(runs: Sequence[RunData]) -> Section:
    told = [(data.info.name, each.severity, number(each.opened_step), each.title, _ending(each),
             next((str(way["text"]) for way in each.suggestions if way.get("text")), ""))
            for data in runs for each in episodes(data)]  # fmt: skip
    rows = told if len(runs) > 1 else [row[1:] for row in told]
    header = ["run"] * (len(runs) > 1) + ["severity", "step", "what happened", "how it ended", "what to do"]
    caption = f"{len(rows) - ALERTS} more are not listed." if len(rows) > ALERTS else ""
    unwatched = [data.info.name for data in runs if not data.info.watches_itself]
    none = "No alerts." if not unwatched else f"No alerts were logged; {listed(unwatched)} did not watch for them."
    return Section("Alerts", [Table(header, rows[:ALERTS], caption) if rows else Lines([none])])


def data_use(runs: Sequence[RunData]) -> Section:
    """The uses of all runs added up, most used files first."""
    uses, augmented = Counter[str](), Counter[str]()
    for data in runs:
        for each in data.data_usage.files.values():
            uses[each.name] += each.uses
            augmented[each.name] += each.augmented
    known = sum(data.data_usage.cache_known for data in runs)
    hits = sum(data.data_usage.cache_hits for data in runs)
    ranked = sorted(uses.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{len(ranked):,} files, used {uses.total():,} times in all",
            f"the cache had {hits / known:.0%} of them" if known else "",
            f"the {USES} most used are listed" if len(ranked) > USES else ""]  # fmt: skip
    rows = [(name, f"{count:,}", f"{augmented[name]:,}") for name, count in ranked[:USES]]
    caption = "; ".join(filter(None, told)) + "."
    return Section("Training data", [Table(["file", "used", "of that changed"], rows, caption)])


def configuration(title: str, config: Mapping[str, Any], keys: Iterable[str] | None = None) -> Section:
    flat = flatten(config)
    wanted = flat if keys is None else [key for key in keys if key in flat]
    return Section(title, [Pairs([(key, str(flat[key])) for key in wanted])])


def made_with(runs: Sequence[RunData]) -> Section:
    """Runs of equal making are told together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for data in runs:
        environment = data.info.environment
        packages = environment.get("packages")
        numbers = packages.items() if isinstance(packages, dict) else ()
        versions = ", ".join(f"{name} {number}" for name, number in numbers)
        told = tuple(str(environment.get(key) or "") for key in ("python", "platform", "device", "git_commit"))
        together.setdefault((*told[:3], told[3][:12], versions), []).append(data.info.name)
    header = ["runs", "Python", "system", "device", "commit", "packages"]
    rows = [(listed(names), *told) for told, names in together.items() if any(told)]
    kept = [place for place in range(len(header)) if any(row[place] for row in rows)]
    table = Table([header[place] for place in kept], [[row[place] for place in kept] for row in rows])
    return Section("Made with", [table])


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.5g}" if math.isfinite(value) else str(value)


def overall(sample: SampleFile) -> float | None:
    value = (sample.card or {}).get("overall")
    return value if isinstance(value, float) else None


def _ending(each: AlertEpisode) -> str:
    return each.ending if each.ending and each.ending != each.title else each.state


def _newest(runs: Sequence[RunData]) -> dict[tuple[int, str], tuple[str, SampleFile]]:
    found: dict[tuple[int, str], tuple[str, SampleFile]] = {}
    for place, data in enumerate(runs):
        for sample in data.samples.values():
            found[place, sample.prompt or ""] = data.info.name, sample
    return found


def _in_turns(keys: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """One of every run, then the second one of every run, and so on, so that no run is heard alone."""
    seen: Counter[int] = Counter()
    turns = []
    for key in keys:
        turns.append((seen[key[0]], key))
        seen[key[0]] += 1
    return [key for _, key in sorted(turns, key=lambda each: (each[0], each[1][0]))]


def _about(run: str, sample: SampleFile) -> str:
    quality = overall(sample)
    told = [run, f"prompt {sample.prompt}" if sample.prompt else "",
            "" if sample.step is None else f"step {sample.step:g}",
            "" if quality is None else f"quality {quality:.3f}"]  # fmt: skip
    return " · ".join(each for each in told if each)
