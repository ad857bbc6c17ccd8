"""What a report of a comparison holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..compare import MISSING, Column, Comparison, Contrast, Influences
from ..config_diff import Difference, flatten
from ..export import Figure, Figures, Lines, Section, Sentence, Sentences, Sound, Table
from ..run_data import RunData
from .pictures import curves_of_several, dependences, shares, standings_of
from .told import alerts, configuration, data_use, made_with, number, samples

PAIRS: Final = 60
COLUMNS: Final = 14  # of the table of runs: what fits on a page
RUNS_BESIDE: Final = 6  # runs that have a column each in the table of what differs


def sections_of_several(
    runs: Sequence[RunData], found: Comparison, explained: Influences | None, sounds: Sequence[Sound]
) -> Iterator[Section]:
    """In the order in which one would tell it to a colleague."""
    said = Sentences([Sentence(each.text, each.claim) for each in found.insights])
    yield Section("What can be said", [said, Lines(found.notices)])
    first, others = curves_of_several(runs, found)
    yield Section("Curves", [*first, Figures(others)])
    yield Section("Groups", [_group_table(found), *standings_of(found)])
    yield Section("Pairs of groups", [_pair_table(found)])
    yield Section("Runs", [_run_table(found)])
    yield Section("Configuration, what differs", [_differences([data.info.name for data in runs], found.config_diff)])
    yield _settings(found, explained)
    yield alerts(runs)
    yield samples(runs, sounds)
    yield data_use(runs)
    yield _same(runs, found)
    yield made_with(runs)


def heading(column: Column, known: str | None = None) -> str:
    """The title, and on a line of its own where its figures were taken. known: a metric that need not be named."""
    rest, title = str(column).removeprefix(column.title).strip(), column.title
    if known is not None and column.metric == known:
        title = title.replace(f" of {known}", "").replace(known, "").strip()
    return f"{title}\n{rest}" if rest else title


def _group_table(found: Comparison) -> Table:
    keys = list(found.tests) or ([found.main] if found.main else [])
    rows = []
    for place, group in enumerate(found.frame.groups):
        cells = []
        for key in keys:
            estimate, study = found.frame.estimate(place, key), found.tests.get(key)
            tied = study is not None and place in study.ties()
            cells.append("—" if estimate is None else f"{estimate}{' *' if tied else ''}")
        rows.append((group.label, str(len(group)), *cells))
    header = ["group", "runs", *(heading(found.frame.column(key)) for key in keys)]
    trimmed = "" if found.frame.middle == "mean" else ", of five runs or more interquartile means (not of quality),"
    return Table(header, rows, f"Means{trimmed} with 95 % intervals. * best, or not to be told from it.")


def _pair_table(found: Comparison) -> Table:
    rows = [
        (str(study.column), *(found.frame.groups[place].label for place in pair), *_told(each))
        for study in found.tests.values() for pair, each in study.contrasts.items()
    ]  # fmt: skip
    header = ["figure", "first", "second", "first − second", "95 % interval", "effect\nstandard deviations", "p",
              "test"]  # fmt: skip
    more = f"{len(rows) - PAIRS} more pairs are only in the CSV tables. " if len(rows) > PAIRS else ""
    how = "p of several pairs is corrected by Holm; the effect is Hedges' g with its 95 % interval."
    return Table(header, rows[:PAIRS], more + how)


def _told(each: Contrast) -> tuple[str, ...]:
    p = each.p if each.p_corrected is None else each.p_corrected
    effect = "—" if each.effect is None else f"{each.effect:.2f} ({each.effect_low:.2f} to {each.effect_high:.2f})"
    interval = "—" if each.low is None or each.high is None else f"{each.low:.4g} to {each.high:.4g}"
    paired = f", {each.n[0]} pairs by {each.paired_by}" if each.paired_by else f", {each.n[0]} and {each.n[1]} runs"
    test = f"{each.test}{paired}" if each.p is not None else each.why or "—"
    return f"{each.difference:.4g}", interval, effect, "—" if p is None else f"{p:.3g}", test


def _run_table(found: Comparison) -> Table:
    frame = found.frame
    about = [column for column in frame.columns if column.metric in (None, frame.main)]
    alike = [column for column in about if len({row.values.get(column.key) for row in frame.rows}) == 1]
    shown = [column for column in about if column not in alike][:COLUMNS]
    rows = [(row.name, *(number(row.values.get(column.key)) for column in shown)) for row in frame.rows]
    told = "; ".join(f"{column.title} {number(frame.value(0, column.key))}" for column in alike)
    named = f"Figures without another name are of {frame.main}." if frame.main is not None else ""
    same = f" The same for all: {told}." if told else ""
    return Table(["run", *(heading(column, frame.main) for column in shown)], rows, named + same)


def _differences(names: Sequence[str], listed: Sequence[Difference]) -> Table:
    """Keys go down where runs are few, else runs do, which are more than the keys that fit beside each other."""
    words = [["—" if value is MISSING else str(value) for value in each.values] for each in listed]
    if len(names) <= RUNS_BESIDE or len(listed) > 2 * COLUMNS:
        return Table(["key", *names], [(each.key, *cells) for each, cells in zip(listed, words, strict=True)])
    rows = [(name, *(cells[place] for cells in words)) for place, name in enumerate(names)]
    return Table(["run", *(each.key for each in listed)], rows if listed else [])


def _settings(found: Comparison, explained: Influences | None) -> Section:
    told = [
        (each.key, "—" if each.rho is None else f"{each.rho:.2f}", "—" if each.p is None else f"{each.p:.3g}",
         "—" if each.p_corrected is None else f"{each.p_corrected:.3g}", each.why or each.test)
        for each in found.associations
    ]  # fmt: skip
    header = ["setting", "rho", "p", "p corrected\nfor all settings", "test"]
    parts: list[Figure | Figures | Lines | Table] = [Table(header, told)]
    column = "" if found.main is None else str(found.frame.column(found.main))
    if explained is not None and explained.usable:
        assert explained.explained is not None
        how = (f"A random forest of the settings predicts {explained.explained:.0%} of the variance of {column} in "
               "runs that it has not seen.")  # fmt: skip
        drawn = shares(explained)
        parts += [Lines([how]), *([drawn] if drawn else []), Figures(dependences(explained, column))]
    elif explained is not None:
        why = explained.why or "a forest cannot predict it for runs that it has not seen"
        parts.append(Lines([f"How much each setting explains cannot be said: {why}."]))
    parts.append(Lines([str(each) for each in found.confounded]))
    return Section("Settings that may have mattered", parts if told or found.confounded else [])


def _same(runs: Sequence[RunData], found: Comparison) -> Section:
    config = next((data.config for data in runs if data.config), {})
    differ = {each.key for each in found.config_diff}
    same = [key for key in flatten(config) if key not in differ]
    return configuration("Configuration, what is the same", config, same)
