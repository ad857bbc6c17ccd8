"""Plain sentences: what the comparison says, each with its figures and its test, and nothing that they do not carry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .association import Association
from .contrast import LEVEL, PAIRED_T, WELCH, Contrast, in_words
from .enough import POWER, Enough
from .frame import Frame
from .settings import Confounded
from .several import holm_p
from .study import Pair, Study


@dataclass(frozen=True, slots=True)
class Insight:
    """One sentence. kind: winner, difference, nothing, too_few, left_out, setting, confounded, spread, note.

    claim: whether it says that something differs; test and evidence then carry it.
    """

    kind: str
    text: str
    claim: bool = False
    test: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def insights(
    frame: Frame,
    main: Study | None,
    others: Sequence[Study] = (),
    associated: Sequence[Association] = (),
    together: Sequence[Confounded] = (),
) -> tuple[Insight, ...]:
    """Most important first: the question itself, then what else differs, settings, and what limits all of this.

    The question (main) is tested at 5 %; all others share 5 % among them by Holm's correction, and the settings
    another 5 %.
    """
    if main is None:
        return (Insight("note", "No metric of these runs is known to be better lower or higher; name one to compare."),)
    found = list(_of_the_question(frame, main))
    found += _of_others(frame, others)
    found += _of_settings(frame, main, associated, together)
    found += _left_out(frame, main)
    found += [Insight("note", note) for note in frame.notes]
    return tuple(found)


def label(frame: Frame, group: int) -> str:
    return frame.groups[group].label


def number(value: float) -> str:
    return f"{value:.4g}"


def p_text(p: float) -> str:
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


# ---- the question ----


def _of_the_question(frame: Frame, main: Study) -> Iterable[Insight]:
    if len(frame.groups) < 2:
        yield _spread(frame, main)
        return
    if main.within_runs or len(main.tested) >= 2:
        yield from _tested(frame, main)
    untested = [group for group in range(len(frame.groups)) if group not in main.tested]
    if untested and not main.within_runs:
        yield _too_few(frame, main, untested)


def _tested(frame: Frame, main: Study) -> Iterable[Insight]:
    if main.omnibus is not None:
        yield from _several(frame, main)
        return
    (pair, found), *_ = main.contrasts.items()
    if found.p is None:
        yield _no_test(main, found)
    else:
        said = (_difference if found.sure else _nothing)(frame, main, pair, found)
        yield replace(said, text=said.text + _assumed(found))


def _several(frame: Frame, main: Study) -> Iterable[Insight]:
    assert main.omnibus is not None
    whole = main.omnibus
    count = f"{whole.groups} groups"
    if whole.p is None:
        yield Insight("note", f"{main.column}: no test is possible, {whole.why}.")
        return
    if not whole.sure:
        visible = _visible(main.enough.values())
        how = f"({p_text(whole.p)}, {whole.test})"
        text = f"Nothing differs beyond chance in {main.column} between {count} {how}.{visible}"
        yield Insight("nothing", text, test=whole.test, evidence={"p": whole.p})
        return
    ties = main.ties() & set(main.tested)
    yield Insight("difference", f"The {count} differ in {main.column} ({p_text(whole.p)}, {whole.test}). "
                  f"{_leaders(frame, main, ties)}", True, whole.test,
                  {"p": whole.p, "statistic": whole.statistic})  # fmt: skip
    apart = [(pair, each) for pair, each in main.contrasts.items() if each.sure and main.best in pair]
    for pair, each in sorted(apart, key=lambda found: -abs(found[1].effect or 0.0)):
        yield _difference(frame, main, pair, each)


def _leaders(frame: Frame, main: Study, ties: Iterable[int]) -> str:
    if main.best is None:
        return "Neither way is better for it."
    middle = main.estimates[main.best]
    best = f"{label(frame, main.best)} has the best mean, {middle}"
    others = [label(frame, group) for group in sorted(ties) if group != main.best]
    if not others:
        return f"{best}, and is apart from every other."
    listed = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
    return f"{best}; it cannot be told from {listed}."


def _difference(frame: Frame, main: Study, pair: Pair, found: Contrast) -> Insight:
    first, second = pair
    sign = -1 if main.best == second or (main.best is None and found.difference < 0) else 1
    ahead, behind = (first, second) if sign > 0 else (second, first)
    word = "better" if main.column.better else "higher"
    ends = sorted(sign * end for end in (found.low, found.high) if end is not None)
    what = f"{label(frame, ahead)} is {word} than {label(frame, behind)} in {main.column}"
    middles = f"{_middle(main, ahead)} against {_middle(main, behind)}"
    size = f"{in_words(found.effect)} effect of {abs(found.effect):.2f} standard deviations" if found.effect else ""
    corrected = found.p if found.p_corrected is None else found.p_corrected
    assert corrected is not None
    holm = "" if found.p_corrected is None else ", Holm's correction"
    how = f"{p_text(corrected)}, {found.test}{holm}, {_counted(found)}"
    text = (f"{what}: {middles}, difference {number(sign * found.difference)} (95 % interval {number(ends[0])} to "
            f"{number(ends[1])}; {how}); {size}.{_scope(main)}")  # fmt: skip
    return Insight("winner" if main.column.better else "difference", text, True, found.test, _evidence(found))


def _nothing(frame: Frame, main: Study, pair: Pair, found: Contrast) -> Insight:
    assert found.p is not None
    assert found.low is not None
    assert found.high is not None
    first, second = pair
    text = (f"Nothing differs beyond chance in {main.column}: {label(frame, first)} {_middle(main, first)}, "
            f"{label(frame, second)} {_middle(main, second)}, difference {number(found.difference)} "
            f"(95 % interval {number(found.low)} to {number(found.high)}; {p_text(found.p)}, {found.test}, "
            f"{_counted(found)}).{_visible(main.enough.values())}{_scope(main)}")  # fmt: skip
    return Insight("nothing", text, test=found.test, evidence=_evidence(found))


def _middle(main: Study, group: int) -> str:
    estimate = main.estimates[group]
    return "unknown" if estimate is None else number(estimate.middle)


def _counted(found: Contrast) -> str:
    if found.paired_by is not None:
        return f"{found.n[0]} pairs by {found.paired_by}"
    return f"{found.n[0]} and {found.n[1]} runs"


def _assumed(found: Contrast) -> str:
    if found.test not in (WELCH, PAIRED_T):
        return ""
    return " So few runs allow only a test that takes their values for normally distributed."


def _scope(main: Study) -> str:
    return " This holds for these two runs, not for their settings: another seed might turn it." * main.within_runs


def _visible(needs: Iterable[Enough]) -> str:
    """What could have been seen, and how many runs would help."""
    known = [each for each in needs if each.visible is not None]
    if not known:
        return ""
    one = max(known, key=lambda each: each.visible or 0.0)
    assert one.visible is not None
    text = (f" With {one.n} runs a group, a true difference of {number(one.visible)} "
            f"would be found in {POWER:.0%} of cases, a smaller one less often")  # fmt: skip
    if len(known) > 1:
        return text + "."
    if one.needed is None:
        return text + "; a difference as small as the one seen would take more than 200 runs a group."
    if one.needed <= one.n:
        return text + "."
    return f"{text}; if the true difference is as large as the one seen, about {one.needed} runs a group would show it."


def _no_test(main: Study, found: Contrast) -> Insight:
    return Insight("too_few", f"Nothing can be said about {main.column}: {found.why}.")


def _too_few(frame: Frame, main: Study, untested: Sequence[int]) -> Insight:
    mute = [group for group in untested if len(frame.groups[group]) > 1 and main.estimates[group] is None]
    if mute:
        listed = ", ".join(label(frame, group) for group in mute[:3]) + (" and more" if len(mute) > 3 else "")
        return Insight("too_few", f"No run of {listed} tells {main.column}, so there is nothing to compare.")
    listed = ", ".join(label(frame, group) for group in untested[:3])
    more = f" and {len(untested) - 3} more" if len(untested) > 3 else ""
    many = len(untested) > 1
    have = "have" if many else "has"
    text = (f"{listed}{more} {have} fewer than two runs with a value, so whether {'they are' if many else 'it is'} "
            f"better or worse in {main.column} cannot be told from chance. Three runs with other seeds are the least "
            f"that gives an interval worth reading; five find differences of two standard deviations.")  # fmt: skip
    return Insight("too_few", text, evidence={"groups": len(untested)})


def _spread(frame: Frame, main: Study) -> Insight:
    if not frame.groups:
        return Insight("too_few", "There are no runs to compare.")
    estimate = main.estimates[0]
    if estimate is None or estimate.low is None or estimate.high is None or estimate.spread is None:
        alike = estimate is not None and estimate.n > 1
        text = "All runs came to exactly the same value" if alike else "One run alone"
        return Insight("too_few", f"{text}: nothing can be compared.")
    share = f" ({estimate.spread / abs(estimate.middle):.1%} of it)" if estimate.middle else ""
    text = (f"{label(frame, 0)}: {main.column} is {number(estimate.middle)} on average of {estimate.n} "
            f"{estimate.unit}s (95 % interval {number(estimate.low)} to {number(estimate.high)}), with a standard "
            f"deviation of {number(estimate.spread)}{share} from {estimate.unit} to {estimate.unit}. "
            "There is no second group to compare it with.")  # fmt: skip
    return Insight("spread", text, test=estimate.method)


# ---- everything else ----


def _of_others(frame: Frame, others: Sequence[Study]) -> Iterable[Insight]:
    tested = [each for each in others if each.p is not None and len(frame.groups) > 1]
    corrected = holm_p([each.p for each in tested if each.p is not None])
    ranked = sorted(zip(corrected, range(len(tested)), strict=True))
    for p, place in ranked:
        if p <= LEVEL:
            yield _other(frame, tested[place], p)


def _other(frame: Frame, each: Study, p: float) -> Insight:
    if each.omnibus is not None:
        ties = each.ties() & set(each.tested)
        text = (f"The groups also differ in {each.column} ({p_text(p)} corrected for all columns looked at, "
                f"{each.omnibus.test}). {_leaders(frame, each, ties)}")  # fmt: skip
        return Insight("difference", text, True, each.omnibus.test, {"p": p})
    (pair, found), *_ = each.contrasts.items()
    sentence = _difference(frame, each, pair, found)
    text = f"{sentence.text} Corrected for all columns looked at: {p_text(p)}."
    return Insight("difference", text, True, found.test, {**sentence.evidence, "p_corrected": p})


def _of_settings(
    frame: Frame, main: Study, associated: Sequence[Association], together: Sequence[Confounded]
) -> Iterable[Insight]:
    """Not of settings that the groups were made by, where these were compared: two groups have said it already, and
    where groups do not differ beyond chance, no second test of the same may find that they do."""
    told = {key for group in frame.groups for key, _ in group.settings}
    silent = told if len(main.tested) == 2 or (main.p is not None and main.p > LEVEL) else set()
    for each in associated:
        if each.sure and each.p_corrected is not None and each.key not in silent:
            yield _setting(main, each, together)
    for mixed in together:
        yield Insight("confounded", str(mixed), evidence={"keys": mixed.keys})


def _setting(main: Study, each: Association, together: Sequence[Confounded]) -> Insight:
    assert each.p_corrected is not None
    mixed = next((group for group in together if each.key in group.keys), None)
    caution = (
        ""
        if mixed is None
        else (f" But it always changed together with {' and '.join(key for key in mixed.keys if key != each.key)}.")
    )
    if each.rho is None:
        text = f"{main.column} goes with {each.key} ({p_text(each.p_corrected)}, {each.test}, {each.n} runs).{caution}"
    else:
        way = "higher" if each.rho > 0 else "lower"
        text = (f"The higher {each.key}, the {way} {main.column} (Spearman's rho {each.rho:.2f}, "
                f"{p_text(each.p_corrected)} after Holm's correction, {each.n} runs).{caution}")  # fmt: skip
    return Insight("setting", text, True, each.test, {"key": each.key, "rho": each.rho, "p": each.p_corrected})


def _left_out(frame: Frame, main: Study) -> Iterable[Insight]:
    if not main.left_out:
        return
    parts = []
    for group in frame.groups:
        blown = [row for row in group.members if row in main.left_out]
        if blown:
            parts.append(f"{len(blown)} of {len(group)} of {group.label}")
    count = len(main.left_out)
    be = "run blew up: its value is" if count == 1 else "runs blew up: their values are"
    text = (f"{count} {be} not finite and left out of means and tests ({'; '.join(parts)}). "
            "What is said of the others holds for runs that do not blow up.")  # fmt: skip
    yield Insight("left_out", text, evidence={"rows": main.left_out})


def _evidence(found: Contrast) -> dict[str, Any]:
    told = {
        "difference": found.difference, "low": found.low, "high": found.high, "p": found.p, "effect": found.effect,
        "n": found.n,
    }  # fmt: skip
    return {key: value for key, value in told.items() if not (isinstance(value, float) and math.isnan(value))}
