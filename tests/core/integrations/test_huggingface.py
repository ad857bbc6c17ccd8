"""What a Hugging Face Trainer tells its callbacks is in the run, and an alert can end it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[huggingface]'")
pytest.importorskip("transformers", reason="needs transformers: pip install 'musiclog[huggingface]'")
pytest.importorskip("accelerate", reason="needs accelerate: pip install 'musiclog[huggingface]'")

from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from musiclog import open_run
from musiclog.anomaly.roles import named_roles
from musiclog.integrations.huggingface import MusiclogCallback, register


def rows(count):
    return [{"input_ids": (torch.arange(9) + i) % 24, "labels": (torch.arange(9) + i) % 24} for i in range(count)]


def trainer(folder, callbacks, *, report_to="none", fail_at=None, **more):
    class Failing(Trainer):
        def compute_loss(self, model, inputs, **keywords):
            loss = super().compute_loss(model, inputs, **keywords)
            return loss * float("nan") if model.training and self.state.global_step == fail_at else loss

    config = GPT2Config(
        vocab_size=24, n_positions=9, n_embd=8, n_layer=1, n_head=1, bos_token_id=None, eos_token_id=None
    )
    arguments = TrainingArguments(
        output_dir=str(folder / "out"), num_train_epochs=2, per_device_train_batch_size=4, logging_steps=1,
        logging_nan_inf_filter=False, eval_strategy="epoch", save_strategy="epoch", use_cpu=True, disable_tqdm=True,
        dataloader_pin_memory=False, report_to=report_to, **more,
    )  # fmt: skip
    return Failing(
        GPT2LMHeadModel(config), arguments, train_dataset=rows(22), eval_dataset=rows(4), callbacks=callbacks
    )


def test_a_training_is_in_the_run_as_it_was(tmp_path, small, curve, lines):
    folder = tmp_path / "run"
    trainer(tmp_path, [MusiclogCallback(folder, sample_fn=small.compose)]).train()

    assert list(curve(folder, "loss")) == list(range(1, 13))
    assert list(curve(folder, "eval_loss")) == [6, 12]
    with open_run(folder) as run:
        roles = named_roles(list(run.data.series))
        names = ("loss", "grad_norm", "learning_rate", "eval_loss")
        assert [roles[name] for name in names] == ["loss", "gradient_norm", "learning_rate", "validation_loss"]
        info = run.data.info
        assert (info.state, info.planned_steps, info.planned_epochs) == ("finished", 12, 2)
        assert run.config["training"]["per_device_train_batch_size"] == 4
        assert run.config["model"]["n_embd"] == 8
        assert len(run.samples) == 4
    events = lines(folder / "events.jsonl")
    assert [event["epoch"] for event in events if event["event"] == "epoch_end"] == [1, 2]
    assert [event["step"] for event in events if event["event"] == "checkpoint"] == [6, 12]


def test_it_can_be_named_in_report_to(tmp_path, curve):
    register()
    trainer(tmp_path, [], report_to="musiclog").train()

    assert len(curve(tmp_path / "out/musiclog", "loss")) == 12


def test_an_alert_that_asks_for_it_ends_the_training(tmp_path, curve):
    folder = tmp_path / "run"
    callback = MusiclogCallback(folder, actions={"nan_values": "stop"})
    trainer(tmp_path, [callback], fail_at=3).train()

    assert len(curve(folder, "loss")) < 12
    with open_run(folder) as run:
        assert run.data.info.state == "stopped"
