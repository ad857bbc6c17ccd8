"""Every entry of the catalogue can be said, with figures and without holes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from musiclog.anomaly.advice import Entry, catalogue, render, suggestions, title
from musiclog.anomaly.alert import KINDS
from musiclog.anomaly.conditions import holds, parse
from musiclog.anomaly.configuration import KEYS, Configuration
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Episode, Rhythm
from musiclog.anomaly.facts import facts_of

CONFIG = {
    "training": {
        "learning_rate": 3e-4, "max_grad_norm": 0.5, "batch_size": 16, "gradient_accumulation_steps": 2,
        "warmup_steps": 400, "dropout": 0.1, "weight_decay": 0.01, "precision": "fp16", "num_workers": 4,
        "beta2": 0.999,
    },
    "model": {"vocab_size": 388, "max_seq_len": 1_024, "num_parameters": 1_200_000, "temperature": 0.9},
    "data": {"num_samples": 900},
}  # fmt: skip

# Evidence as the detectors give it, several variants a kind; names that begin with _ change the run instead.
EVIDENCE: dict[str, list[dict[str, Any]]] = {
    "learning_rate_issue": [
        {"issue": "jump", "value": 0.1, "before": 1e-3, "ratio": 100.0, "peak": 1e-3, "times_peak": 100.0},
        {"issue": "growth", "value": 4e-3, "before": 3.9e-3, "ratio": 1.02, "peak": 1e-3, "times_peak": 4.0,
         "_moved": True},
        {"issue": "jitter", "value": 1e-4, "before": 1e-3, "ratio": 0.1, "peak": 1e-3, "times_peak": 0.1},
        {"issue": "zero", "value": 0.0, "before": 1e-3, "ratio": 0.0, "peak": 1e-3, "times_peak": 0.0,
         "_resumed": True},
        {"issue": "schedule", "value": 9e-4, "expected": 4e-4, "off_percent": 125.0, "schedule": "cosine",
         "schedule_peak": 1e-3, "agreed": 700},
    ],
    "nan_values": [
        {"first": "total_loss", "in_a_row": 1, "gradient_ratio": 9.0, "loss_finite": False, "loss_scale": None},
        {"first": "gradient_norm", "in_a_row": 1, "gradient_ratio": 1.0, "loss_finite": True, "loss_scale": 65_536.0},
        {"first": "total_loss", "in_a_row": 3, "gradient_ratio": 2.0, "loss_finite": False, "_trouble": True},
    ],
    "gradient_explosion": [
        {"value": 40.0, "median": 0.8, "ratio": 50.0, "p90": 1.0, "times": 1},
        {"value": 40.0, "median": 0.8, "ratio": 50.0, "p90": 1.0, "times": 3, "_moved": True, "_clip": None},
        {"value": 40.0, "median": 0.8, "ratio": 50.0, "p90": 1.0, "times": 1, "_clip": 9.0},
        {"value": 40.0, "median": 0.8, "ratio": 50.0, "p90": 1.0, "times": 1, "_trouble": True},
        {"value": 9.0, "median": 0.8, "ratio": 11.0, "slow": True},
    ],
    "gradient_vanishing": [
        {"value": 1e-5, "usual": 0.8, "share_percent": 0.0012, "from_start": False, "_scale": 1_024.0},
        {"value": 1e-5, "from_start": True},
        {"value": 0.9, "from_start": True},
    ],
    "loss_spike": [
        {"value": 5.0, "median": 2.0, "ratio": 2.5, "rise": 3.0, "gradient_ratio": 8.0, "part": "loss/pitch",
         "_clip": None},
        {"value": 5.0, "median": 2.0, "rise": 3.0, "gradient_ratio": 8.0, "_trouble": True},
        {"value": 5.0, "median": 2.0, "ratio": 2.5, "rise": 3.0, "opened": 3},
    ],
    "training_divergence": [
        {"value": 3.0, "best": 2.0, "best_step": 800.0, "start": 4.5, "rise_percent": 50.0, "lost_percent": 40.0},
        {"value": 3.0, "best": 2.0, "best_step": 800.0, "start": 4.5, "rise_percent": 50.0, "_trouble": True},
    ],
    "loss_plateau": [
        {"value": 2.0, "frozen": True, "validation": 2.0, "frozen_step": 900.0},
        {"value": 2.0, "frozen": True, "validation": 2.0, "frozen_step": 900.0, "_trouble": True},
        {"value": 2.0, "gain_percent": 0.2, "points": 400, "lr_percent": 2.0},
        {"value": 2.0, "gain_percent": 0.2, "points": 400, "lr_percent": 100.0, "_gap": 0.03},
        {"value": 2.0, "gain_percent": 0.2, "points": 400, "lr_percent": 100.0, "_gap": 0.6},
    ],
    "loss_oscillation": [
        {"spread": 1.5, "usual": 0.3, "ratio": 5.0, "value": 2.0, "period_points": 32},
        {"spread": 1.5, "usual": 0.3, "ratio": 5.0, "value": 2.0},
        {"spread": 1.5, "usual": 0.3, "ratio": 5.0, "value": 2.0, "_trouble": True},
    ],
    "memory_overflow": [
        {"issue": "leak", "used": 14.3, "capacity": 24.0, "used_percent": 60.0, "growth": 0.02, "full_in_points": 400,
         "full_step": 1_400.0},
        {"issue": "jump", "used": 22.3, "capacity": 24.0, "used_percent": 93.0, "before": 8.3},
        {"issue": "full", "used": 23.5, "capacity": 24.0, "used_percent": 98.0},
    ],
    "throughput_degradation": [
        {"value": 9e3, "usual": 2e4, "share_percent": 45.0, "slower": 2.2},
        {"value": 9e3, "usual": 2e4, "share_percent": 45.0, "slower": 2.2, "_memory": 23.5},
    ],
    "overfitting": [
        {"value": 2.9, "best": 2.5, "best_step": 600.0, "above_percent": 16.0, "train": 1.8},
        {"value": 2.9, "best": 2.5, "best_step": 600.0, "above_percent": 16.0, "train": 1.8, "_dropout": 0.3},
    ],
    "underfitting": [
        {"value": 4.3, "start": 4.5, "learnt_percent": 4.0, "points": 400, "_dropout": 0.3},
        {"value": 4.3, "start": 4.5, "learnt_percent": 4.0, "points": 400, "_rate": 1e-6},
    ],
    "silence": [{"samples": 6, "some": 6, "best_step": 800.0, "notes_per_beat": 0.1, "usual": 1.5}],
    "stuck_loop": [{"samples": 6, "some": 4, "best_step": 800.0, "loop_percent": 80.0}],
    "mode_collapse": [
        {"samples": 6, "some": 6, "best_step": 800.0, "alike": True, "entropy": 1.0, "usual": 2.8},
        {"samples": 6, "some": 6, "best_step": 800.0, "alike": True, "_adversarial": True},
    ],
    "quality_degradation": [{"value": 0.5, "best": 0.7, "best_step": 800.0, "_trouble": True}],
}  # fmt: skip


def a_context(variant: dict[str, Any]) -> Context:
    context = Context(lambda *_: None, total_steps=5_000)
    context.advance(999)
    context.advance(1_000)
    context.epoch = 7
    context.learning_rate = variant.get("_rate", 0.02)
    context.learning_rate_before, context.learning_rate_peak = 1e-3, 1e-3
    context.learning_rate_trouble = variant.get("_trouble", False)
    context.learning_rate_changed_at = 1
    context.gradient_norm, context.gradient_p90 = 1.0, 1.0
    context.loss, context.loss_median, context.loss_sigma, context.loss_at = 5.0, 2.0, 0.1, 2
    context.loss_surprise = 9.0 if variant.get("_moved") else 0.5
    context.loss_scale = variant.get("_scale")
    context.memory, context.memory_capacity = variant.get("_memory", 15.0), 24.0
    context.last_train_loss = 1.8
    context.last_validation_loss = 1.8 * (1 + variant.get("_gap", 0.2))
    context.validation_best = (600.0, 1.9)
    context.adversarial = variant.get("_adversarial", False)
    if variant.get("_resumed"):
        context.resumed_at = 2
    context.heard("checkpoint", 950, {"path": "checkpoints/epoch_0006.npz"})
    context.heard("data_usage", 1_000, {"name": "jig.mid"})
    return context


def a_config(variant: dict[str, Any]) -> Configuration:
    training = dict(CONFIG["training"])
    training["max_grad_norm"] = variant.get("_clip", 0.5)
    training["dropout"] = variant.get("_dropout", 0.1)
    return Configuration(CONFIG | {"training": training})


def situations(kind: str) -> list[tuple[dict[str, Any], Configuration]]:
    """Facts of every variant of a kind, while it lasts and after, as the monitor would make them."""
    found = []
    for variant in EVIDENCE[kind]:
        for state in ("opened", "recovered", "settled"):
            episode = Episode(kind, "total_loss", Rhythm(1, 1, 1), lambda *_: None)
            evidence = {name: value for name, value in variant.items() if not name.startswith("_")}
            episode.trouble(1, 1_000.0, "critical", lambda evidence=evidence: evidence)
            config = a_config(variant)
            found.append((facts_of(episode, a_context(variant), config, state), config))
    return found


ENTRIES = catalogue().entries


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}: {entry.texts[0][:40]}")
def test_every_entry_can_be_said_without_holes(entry: Entry):
    said = [
        suggestion
        for facts, config in situations(entry.kind)
        if entry.over == facts["over"] and holds(entry.when, facts) and (suggestion := render(entry, facts, config))
    ]
    assert said, "no situation in which this is ever told"
    for suggestion in said:
        for text in (suggestion.text, suggestion.reason, suggestion.source):
            assert text
            assert not re.search(r"[{}]|\bNone\b|\bnan\b|\binf\b", text)
        assert suggestion.patch is None or None not in suggestion.patch.values()


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.patch], ids=lambda entry: entry.texts[0][:40])
def test_patches_change_keys_of_this_configuration_or_name_new_ones(entry: Entry):
    assert set(entry.patch) <= set(KEYS)
    patches = [
        suggestion.patch
        for facts, config in situations(entry.kind)
        if holds(entry.when, facts) and (suggestion := render(entry, facts, config))
    ]
    assert any(patches)
    for patch in filter(None, patches):
        assert all(key.startswith("training.") or key == KEYS["clip"][0] for key in patch)


@pytest.mark.parametrize("kind", sorted(EVIDENCE))
def test_every_situation_has_a_title_and_something_to_do(kind: str):
    for facts, config in situations(kind):
        assert "{" not in title(kind, facts)
        told = suggestions(kind, facts, config)
        assert 1 <= len(told) <= 5, (kind, facts["over"])


def test_conditions_are_of_the_language():
    for entry in ENTRIES:
        if entry.when:
            parse(entry.when)


def test_the_catalogue_covers_every_kind():
    assert set(EVIDENCE) == set(KINDS) == {entry.kind for entry in ENTRIES}


def test_a_kind_that_the_catalogue_does_not_know_still_has_a_title():
    assert title("odd_kind", {"step": 1_200.0}) == "Odd kind at step 1,200"
    assert suggestions("odd_kind", {"step": 1.0}, Configuration(None)) == ()
