"""Settings are typed, and a misspelt one is never passed over."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog.integrations.torch import AdvancedTrainer, ConfigError, TrainerConfig


def test_a_mapping_becomes_settings():
    config = TrainerConfig.from_mapping({"epochs": 3, "learning_rate": 1, "max_grad_norm": None, "precision": "bf16"})

    assert (config.epochs, config.learning_rate, config.max_grad_norm, config.precision) == (3, 1, None, "bf16")
    assert TrainerConfig.from_mapping(config.as_dict()) == config


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("learning_rat", "learning_rate"), ("lr", "learning_rate"), ("num_epochs", "epochs"),
        ("Batch_Size", "batch_size"), ("gradient_clip_val", "max_grad_norm"), ("keep_lst", "keep_last"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_one_that_may_be_meant(name, meant):
    with pytest.raises(ConfigError, match=f"no setting is called '{name}'; is '{meant}' meant?"):
        TrainerConfig.from_mapping({name: 1})


def test_a_name_like_no_other_is_refused_with_all_there_are():
    with pytest.raises(ConfigError, match="'zzz'; there are epochs, max_steps"):
        TrainerConfig.from_mapping({"zzz": 1})


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"epochs": 0}, "epochs is 0; give a number above zero"),
        ({"epochs": 1.5}, "epochs is 1.5; give int"),
        ({"epochs": True}, "epochs is True; give int"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1'; give float"),
        ({"precision": "half"}, "precision is 'half'; give 'fp32' or 'bf16' or 'fp16'"),
        ({"drop_last": 1}, "drop_last is 1; give bool"),
        ({"stop_on": "loss"}, "stop_on is 'loss'; give 'val_loss' or 'quality' or None"),
        ({"stop_on": "quality", "patience": 2}, "patience is 2; give 3 evaluations or more"),
        ({"keep_best": -1}, "keep_best is -1; give zero or more"),
    ],
)
def test_a_value_that_cannot_be_is_refused(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        TrainerConfig(**settings)


def test_a_trainer_refuses_what_its_configuration_does_not_know(small, tmp_path):
    with pytest.raises(ConfigError, match="is 'epochs' meant"):
        AdvancedTrainer(model=small.Composer(), config={"training": {"epoch": 1}}, train_dataset=small.Tunes())
    with pytest.raises(ConfigError, match="config is list"):
        AdvancedTrainer(model=small.Composer(), config=[], train_dataset=small.Tunes())
