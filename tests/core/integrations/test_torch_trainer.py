"""A trainer logs everything, trains as a careful loop would, and does what alerts and signals ask for."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog import MusiclogError, open_run
from musiclog.anomaly.roles import named_roles
from musiclog.integrations.torch import ConfigError, TrainerConfig

PROGRAM = Path(__file__).parent / "small_training.py"


def test_everything_is_logged_without_another_line(tmp_path, small):
    outcome = small.trainer(tmp_path / "run", sample_fn=small.compose, gradient_accumulation_steps=2).fit()

    with open_run(tmp_path / "run") as run:
        steps, losses = run.series("total_loss")
        assert list(steps) == list(range(1, 10))  # 21 tunes by 4, two batches a step: the last step of an epoch has one
        assert all(map(math.isfinite, losses))
        names = run.data.series.keys()
        assert {
            "total_loss", "loss/pitch", "loss/size", "optim/gradient_norm", "optim/learning_rate", "memory/ram_gb",
            "throughput/samples_per_second", "throughput/tokens_per_second", "throughput/data_wait_share",
            "samples_seen", "tokens_seen", "train/loss_epoch", "val/total_loss", "val/loss/pitch", "quality/overall",
        } <= set(names)  # fmt: skip
        roles = named_roles(list(names))
        assert roles["total_loss"] == "loss"
        assert roles["optim/gradient_norm"] == "gradient_norm"
        assert roles["optim/learning_rate"] == "learning_rate"
        assert roles["val/total_loss"] == "validation_loss"
        assert roles["train/loss_epoch"] == "train_loss"
        assert roles["throughput/tokens_per_second"] == "throughput"
        assert run.series("samples_seen")[1][-1] == 63
        assert run.series("tokens_seen")[1][-1] == 63 * 9
        assert len(run.samples) == 6
        assert run.samples[0].prompt == "up"
        assert run.config["training"]["batch_size"] == 4
        assert run.config["model"]["class"] == "Composer"
        assert (run.data.info.state, run.data.info.planned_epochs, run.data.info.planned_steps) == ("finished", 3, 9)
    assert (outcome.step, outcome.epoch, outcome.folder) == (9, 3, tmp_path / "run")


def test_files_are_told_with_what_was_done_to_each(tmp_path, small, lines):
    small.trainer(tmp_path, epochs=2).fit()

    used = lines(tmp_path / "data_usage.jsonl")
    assert len(used) == 42
    assert {row["name"] for row in used} == {f"tune_{i:02}.mid" for i in range(21)}
    assert {row["epoch"] for row in used} == {1, 2}
    assert all(row["augmentation"] == {"transpose": row["transposition"]} for row in used)


@pytest.mark.parametrize(("batch_size", "accumulated"), [(8, 1), (4, 2), (2, 4)])
def test_accumulated_batches_learn_as_one_large_batch_also_the_last_and_partial_one(
    tmp_path, small, batch_size, accumulated
):
    class Plain(small.Tunes):
        def __getitem__(self, index):
            return {"pitches": (torch.arange(9) * (index + 1)) % small.PITCHES}

    def fit(folder, size, accumulate):
        model = small.Composer()
        model.dropout.p = 0.0
        torch.manual_seed(1)
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.3)
        loader = torch.utils.data.DataLoader(Plain(), batch_size=size)
        made = small.trainer(
            folder, model=model, train_loader=loader, gradient_accumulation_steps=accumulate, schedule="constant",
            optimizer=lambda weights: torch.optim.SGD(weights, 0.5, momentum=0.9), max_grad_norm=0.5, epochs=2,
        )  # fmt: skip
        assert made.fit().step == 6
        return small.weights(made)

    expected, found = fit(tmp_path / "one", 8, 1), fit(tmp_path / "more", batch_size, accumulated)
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-6)


def test_the_gradient_norm_is_that_before_clipping(tmp_path, small, curve):
    small.trainer(tmp_path, max_grad_norm=1e-6, epochs=1).fit()

    assert min(curve(tmp_path, "optim/gradient_norm").values()) > 1e-3


def test_the_named_schedule_warms_up_and_falls_to_nothing(tmp_path, small, curve):
    small.trainer(tmp_path, schedule="linear", warmup_steps=4, learning_rate=0.1).fit()

    rates = list(curve(tmp_path, "optim/learning_rate").values())
    assert rates[:5] == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] == pytest.approx(0.1 / 14)


def test_the_rates_of_several_groups_are_told_apart(tmp_path, small, curve):
    model = small.Composer()
    groups = [{"params": model.answer.parameters(), "lr": 0.5}, {"params": model.memory.parameters()}]
    small.trainer(tmp_path, model=model, optimizer=torch.optim.SGD(groups, 0.1), epochs=1, schedule="constant").fit()

    assert curve(tmp_path, "optim/learning_rate/group0")[1] == 0.5
    assert curve(tmp_path, "optim/learning_rate/group1")[1] == 0.1


def test_it_stops_when_the_validation_loss_falls_no_more(tmp_path, small, lines):
    outcome = small.trainer(tmp_path, stop_on="val_loss", patience=2, min_gain=100.0, epochs=9).fit()

    assert (outcome.state, outcome.step) == ("stopped", 3 * 6)
    assert "has not fallen below" in outcome.reason
    assert any(outcome.reason in event.get("text", "") for event in lines(tmp_path / "events.jsonl"))


def test_it_stops_when_the_music_gets_no_better(tmp_path, small, lines, curve):
    outcome = small.trainer(
        tmp_path, stop_on="quality", patience=3, epochs=9, sample_fn=lambda *_: [small.scale()]
    ).fit()

    assert (outcome.state, outcome.step) == ("stopped", 6 * 6)
    assert "lower bound" in outcome.reason
    assert len(curve(tmp_path, "quality/overall")) == 6
    assert outcome.best is not None


def test_samples_that_fail_are_said_once_and_training_goes_on(tmp_path, small, capsys):
    def broken(model, step, epoch):
        raise ZeroDivisionError("no notes")

    outcome = small.trainer(tmp_path, sample_fn=broken).fit()

    assert outcome.state == "finished"
    assert capsys.readouterr().err.count("sample_fn failed at step 6") == 1


def poisoned(small, at):
    """A loss that is no number at one call."""
    calls = 0

    def loss(model, batch):
        nonlocal calls
        calls += model.training
        found = small.loss_fn(model, batch)
        return {**found, "pitch": found["pitch"] * float("nan")} if calls == at and model.training else found

    return loss


def finite(made, small):
    return all(bool(weight.isfinite().all()) for weight in small.weights(made).values())


def test_an_alert_stops_the_training_before_the_weights_are_spoilt(tmp_path, small):
    made = small.trainer(
        tmp_path, loss=poisoned(small, 8), monitor=True, actions={"nan_values": ["checkpoint", "stop"]}
    )
    outcome = made.fit()

    assert (outcome.state, outcome.reason, outcome.step) == ("stopped", "an alert asked for it", 7)
    assert finite(made, small)
    again = small.trainer(tmp_path)
    assert again.fit(resume=True).state == "finished"
    assert finite(again, small)


def test_an_alert_skips_the_batch_that_caused_it(tmp_path, small, curve):
    made = small.trainer(tmp_path, loss=poisoned(small, 8), monitor=True, actions={"nan_values": "skip_batch"})

    assert made.fit().step == 18
    assert finite(made, small)
    assert curve(tmp_path, "total_loss")[8] == "NaN"


def test_without_actions_nothing_is_done(tmp_path, small):
    made = small.trainer(tmp_path, loss=poisoned(small, 8), monitor=True)

    assert made.fit().state == "finished"
    assert not finite(made, small)


def test_an_alert_lowers_the_rate_and_keeps_the_state_from_before(tmp_path, small, curve, lines):
    small.trainer(
        tmp_path, loss=poisoned(small, 8), monitor=True, learning_rate=0.1, schedule="constant",
        actions={"nan_values": ["checkpoint", "skip_batch", "reduce_learning_rate"]},
    ).fit()  # fmt: skip

    rates = curve(tmp_path, "optim/learning_rate")
    assert (rates[8], rates[9], rates[18]) == (0.1, 0.05, 0.05)
    kept = [event for event in lines(tmp_path / "events.jsonl") if event.get("reason") == "alert"]
    assert [event["step"] for event in kept] == [7]
    assert (tmp_path / kept[0]["path"]).exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_first_signal_finishes_the_step_keeps_the_state_and_gives_back_the_handlers(tmp_path, small, name):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    outcome = small.trainer(tmp_path, loss=small.interrupted_at(5, signal.Signals[name])).fit()

    assert (outcome.state, outcome.step, outcome.reason) == ("interrupted", 5, f"{name} asked for it")
    assert outcome.last.name == "step_00000005.pt"
    with open_run(tmp_path) as run:
        assert run.data.info.state == "interrupted"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_sigterm_that_a_launcher_hands_on_is_not_a_second_one(tmp_path, small):
    twice = small.interrupted_at(5, signal.SIGTERM, small.interrupted_at(5, signal.SIGTERM))
    outcome = small.trainer(tmp_path, loss=twice).fit()

    assert (outcome.state, outcome.step) == ("interrupted", 5)


def test_a_second_signal_ends_at_once(tmp_path):
    settings = '{"signals": [[5, "SIGTERM"], [5, "SIGINT"]]}'
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path / "run"), settings], capture_output=True, text=True, check=False
    )

    assert "KeyboardInterrupt" in done.stderr
    with open_run(tmp_path / "run") as run:
        assert run.data.info.state == "interrupted"
        assert list(run.series("total_loss")[0]) == [1, 2, 3, 4]
    assert not (tmp_path / "run/checkpoints").exists()


def test_an_error_in_the_training_leaves_a_crashed_run(tmp_path, small):
    def broken(model, batch):
        raise ValueError("shapes do not fit")

    with pytest.raises(ValueError, match="shapes"):
        small.trainer(tmp_path, loss=broken).fit()
    with open_run(tmp_path) as run:
        assert run.data.info.state == "crashed"


def test_max_steps_end_inside_an_epoch_with_an_evaluation(tmp_path, small, curve):
    outcome = small.trainer(tmp_path, max_steps=8).fit()

    assert (outcome.state, outcome.reason, outcome.step) == ("finished", "max_steps are done", 8)
    assert list(curve(tmp_path, "val/total_loss")) == [6, 8]


def test_a_stream_without_length_is_trained_to_its_end(tmp_path, small):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter([{"pitches": torch.arange(9) % small.PITCHES}] * 10)

    outcome = small.trainer(tmp_path, train_dataset=Stream(), epochs=2).fit()

    assert outcome.step == 6


def test_a_model_that_gives_its_own_loss_needs_no_loss_fn(tmp_path, small):
    class Own(small.Composer):
        def forward(self, pitches):
            return {"loss": super().forward(pitches).square().mean(), "other": torch.zeros(())}

    outcome = small.trainer(tmp_path, model=Own(), loss=None, epochs=1).fit()

    assert outcome.state == "finished"


def test_an_interrupted_trainer_goes_on_and_one_that_is_done_is_not_trained_again(tmp_path, small):
    made = small.trainer(tmp_path, loss=small.interrupted_at(5))

    assert (made.fit().state, made.fit().state) == ("interrupted", "finished")
    with pytest.raises(MusiclogError, match="has trained already"):
        made.fit()


@pytest.mark.parametrize("what", ["val_loss", "quality"])
def test_a_stop_that_nothing_can_ask_for_is_refused(tmp_path, small, what):
    with pytest.raises(ConfigError, match=f"stop_on is '{what}', but"):
        small.trainer(tmp_path, stop_on=what, val_dataset=None)


def test_nothing_to_learn_from_is_refused(small):
    with pytest.raises(MusiclogError, match="give train_loader or train_dataset"):
        small.AdvancedTrainer(model=small.Composer(), config=TrainerConfig())
