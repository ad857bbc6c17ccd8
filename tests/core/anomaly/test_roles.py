"""Metrics are known by the names that trackers give them."""

import pytest

from musiclog.anomaly import Monitor
from musiclog.anomaly.roles import ROLES, named_roles, role_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("total_loss", "loss"),
        ("loss", "loss"),
        ("losses/total", "loss"),
        ("Training/Losses/total", "loss"),
        ("train/loss", "loss"),
        ("train_loss", "loss"),
        ("train_loss_step", "loss"),
        ("train_loss_epoch", "train_loss"),
        ("val_loss", "validation_loss"),
        ("val/total_loss", "validation_loss"),
        ("eval_loss", "validation_loss"),
        ("eval/loss", "validation_loss"),
        ("validation/perplexity", "validation_loss"),
        ("val_accuracy", "other"),
        ("reconstruction_loss", "part_loss"),
        ("loss/recon", "part_loss"),
        ("kl_loss", "part_loss"),
        ("Training/Losses/kl_divergence", "part_loss"),
        ("generator_loss", "adversarial_loss"),
        ("d_loss", "adversarial_loss"),
        ("loss/disc", "adversarial_loss"),
        ("gradient_norm", "gradient_norm"),
        ("Training/GradientNorm", "gradient_norm"),
        ("train/grad_norm", "gradient_norm"),
        ("optim/gradient_norm", "gradient_norm"),
        ("grad_2.0_norm_total", "gradient_norm"),
        ("gnorm", "gradient_norm"),
        ("learning_rate", "learning_rate"),
        ("optim/learning_rate", "learning_rate"),
        ("lr", "learning_rate"),
        ("lr-Adam", "learning_rate"),
        ("lr-AdamW/pg1", "learning_rate"),
        ("throughput/tokens_per_second", "throughput"),
        ("samples_per_second", "throughput"),
        ("train_steps_per_second", "throughput"),
        ("it/s", "throughput"),
        ("wps", "throughput"),
        ("step_time", "step_time"),
        ("sec_per_it", "step_time"),
        ("memory/gpu_allocated", "memory_used"),
        ("memory/gpu_max_allocated", "other"),
        ("memory/gpu_reserved", "other"),
        ("gpu_total", "memory_capacity"),
        ("kl_weight", "objective_weight"),
        ("beta", "objective_weight"),
        ("sampling/temperature", "objective_weight"),
        ("loss_scale", "loss_scale"),
        ("amp/scaler", "loss_scale"),
        ("quality/overall", "other"),
        ("step", ""),
        ("epoch", ""),
        ("rank3/total_loss", "other"),
        ("clr_accuracy", "other"),
    ],
)
def test_the_role_of_a_name(name: str, role: str):
    assert role_of(name)[0] == role
    assert role in ROLES | {""}


def test_the_best_name_holds_a_role_that_only_one_may_hold():
    roles = named_roles(["loss", "total_loss", "train_loss", "samples_per_second", "tokens_per_second"])
    assert roles["total_loss"] == "loss"
    assert roles["train_loss"] == "train_loss"
    assert roles["tokens_per_second"] == "throughput"
    assert roles["samples_per_second"] == "other"


def test_a_user_may_correct_roles():
    assert named_roles(["weird", "loss"], {"weird": "loss"})["weird"] == "loss"
    monitor = Monitor(roles={"weird": "loss", "loss": ""})
    monitor.update(0, {"loss": 1.0, "weird": 2.0})
    assert monitor.roles == {"loss": "", "weird": "loss"}


def test_a_better_name_that_comes_later_takes_the_role_over():
    monitor = Monitor()
    monitor.update(0, {"samples_per_second": 10.0})
    monitor.update(1, {"samples_per_second": 10.0, "tokens_per_second": 900.0})
    assert monitor.roles == {"samples_per_second": "other", "tokens_per_second": "throughput"}
