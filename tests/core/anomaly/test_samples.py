"""Samples that fall silent, loop, are all alike or get worse are told once, by evaluation."""

from __future__ import annotations

import random
from typing import Any

from musiclog.anomaly import Alert, Monitor

Card = dict[str, Any]


def a_card(chance: random.Random, overall: float = 0.7, **features: float) -> Card:
    usual = {"notes_per_beat": 0.6, "pitch_class_entropy": 2.8, "distinct_pitches": 3.4, "new_bars": 0.8, "leaps": 0.1}
    varied = {name: value * chance.uniform(0.85, 1.15) for name, value in usual.items()}
    return {"overall": overall * chance.uniform(0.95, 1.05), "flags": [], "features": varied | features}


def heard(*evaluations: list[Card]) -> list[Alert]:
    monitor, alerts = Monitor(), []
    for number, cards in enumerate(evaluations, 1):
        for card in cards:
            alerts += monitor.event("card", 100 * number, card)
    return alerts + monitor.finish()


def good(seed: int, count: int = 6) -> list[Card]:
    chance = random.Random(seed)
    return [a_card(chance) for _ in range(count)]


def changed(seed: int, count: int = 6, **change: Any) -> list[Card]:
    chance = random.Random(seed)
    overall = change.pop("overall", 0.7)
    return [a_card(chance, overall, **change) for _ in range(count)]


def opened(alerts: list[Alert]) -> list[tuple[str, float, str]]:
    return [(alert.kind, alert.opened_step, alert.severity) for alert in alerts if alert.state == "opened"]


def test_good_samples_are_silent_about_themselves():
    assert heard(*[good(seed) for seed in range(30)]) == []


def test_samples_that_all_fall_silent_are_critical_at_once():
    assert opened(heard(good(1), changed(2, notes_per_beat=-4.0), good(3))) == [("silence", 200, "critical")]


def test_a_model_that_has_not_learnt_to_sound_yet_is_no_news():
    assert heard([{"overall": 0.0, "flags": ["empty"]}] * 6, good(1), good(2)) == []


def test_loops_must_be_heard_in_two_evaluations():
    assert opened(heard(good(1), changed(2, new_bars=0.1), good(3))) == []
    assert opened(heard(good(1), changed(2, new_bars=0.1), changed(3, new_bars=0.1))) == [
        ("stuck_loop", 200, "warning")
    ]


def test_equal_samples_of_few_pitches_are_a_collapse():
    equal = [a_card(random.Random(5), pitch_class_entropy=1.0) for _ in range(6)]
    (alert,) = [alert for alert in heard(good(1), equal, equal) if alert.state == "opened"]
    assert alert.kind == "mode_collapse"
    assert alert.evidence["best_step"] == 100


def test_samples_that_get_worse_name_the_better_step():
    (alert,) = [alert for alert in heard(good(1), *[changed(2, overall=0.5)] * 2) if alert.state == "opened"]
    assert (alert.kind, alert.evidence["best_step"]) == ("quality_degradation", 100)
    assert "step 100" in alert.title


def test_cards_of_other_makers_are_passed_over():
    odd: list[Card] = [{}, {"overall": None, "features": None}, {"overall": "high", "flags": None}]
    assert heard(good(1), odd, odd) == []
