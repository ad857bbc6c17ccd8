"""The result of a blind test as a text that can stand in an appendix."""

from __future__ import annotations

from musiclog.listening import Result

from .samples import METRICS

METRIC_NAMES = {"overall": "Quality"} | {name: heading for name, (heading, _) in METRICS.items()}


def metric_name(metric: str) -> str:
    return METRIC_NAMES.get(metric, metric)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def strength_words(preferred: tuple[float, float, float]) -> str:
    middle, low, high = preferred
    return f"{percent(middle)}  ({100 * low:.0f} to {percent(high)})"


def agreement_words(correlation: float, low: float, high: float, pairs: int) -> str:
    return f"{signed(correlation)}  ({signed(low)} to {signed(high)}), {pairs} pairs"


def method(result: Result) -> str:
    """How it was found, for the reader of the table."""
    listeners = f"{len(result.listeners)} {'listener' if len(result.listeners) == 1 else 'listeners'}"
    first = "" if result.first_chosen is None else f" The first heard was chosen in {percent(result.first_chosen)}."
    return (
        f"{result.answers} answers ({result.counts.tied} ties) of {listeners}, {result.replays} replays; pairs in "
        f"random order, sides balanced, names hidden.{first} Strengths: Bradley–Terry with ties (Davidson 1970), as "
        "the chance to be preferred to the average contender, with 95 % intervals. "
        "Metrics: Kendall's rank correlation with the answers over the pairs heard, with 95 % intervals."
    )


def markdown(name: str, result: Result) -> str:
    """Sentence, strengths, wins and metrics as Markdown."""
    lines = [
        f"### {_cell(name)}",
        "",
        result.sentence,
        "",
        "| | preferred to average | wins | losses | ties |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {_cell(row.name)} | {strength_words(row.preferred)} | {row.wins} | {row.losses} | {row.ties} |"
        for row in result.standings
    ]
    lines += ["", "Preferred (row to column):", "", f"| | {' | '.join(map(_cell, result.names))} |",
              "|---" * (len(result.names) + 1) + "|"]  # fmt: skip
    for i, row in enumerate(result.names):
        cells = ["" if i == j else f"{result.counts.wins[i, j]:.0f}" for j in range(len(result.names))]
        lines.append(f"| {_cell(row)} | {' | '.join(cells)} |")
    if result.metrics:
        lines += ["", "| metric | agreement with these ears |", "|---|---|"]
        for each in result.metrics:
            told = each.reason or ""
            if each.correlation is not None and each.low is not None and each.high is not None:
                told = agreement_words(each.correlation, each.low, each.high, each.pairs)
            lines.append(f"| {metric_name(each.metric)} | {told} |")
    return "\n".join([*lines, "", method(result), ""])


def _cell(text: str) -> str:
    """A name from a file may hold what Markdown reads as a column or a tag."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
