"""A Lightning training is in the run as it was: every step, epochs, samples, checkpoints, and how it ended."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[lightning]'")
pytest.importorskip("lightning", reason="needs Lightning: pip install 'musiclog[lightning]'")

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from musiclog import MusiclogError, open_run
from musiclog.anomaly.roles import named_roles
from musiclog.integrations.lightning import MusiclogCallback, MusiclogLogger

pytestmark = [
    # Lightning 2.6 with PyTorch 2.13: a class of torch's that it asks for is on its way out.
    pytest.mark.filterwarnings(r"ignore:`isinstance\(treespec, LeafSpec\)` is deprecated:FutureWarning"),
    # Advice for large data, about small ones.
    pytest.mark.filterwarnings("ignore:The number of training batches:UserWarning"),
    pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers:UserWarning"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty:UserWarning"),
]


@pytest.fixture
def composer(small):
    class Module(LightningModule):
        def __init__(self, size: int = 8, fail_at: int | None = None, fault: type[BaseException] = ValueError):
            super().__init__()
            self.save_hyperparameters()
            self.composer = small.Composer(size)

        def training_step(self, batch, number):
            if self.global_step == self.hparams.fail_at:
                raise self.hparams.fault("no more")
            loss = sum(small.loss_fn(self.composer, batch).values())
            self.log("own", loss, batch_size=4)
            return loss

        def validation_step(self, batch, number):
            self.log("val_loss", sum(small.loss_fn(self.composer, batch).values()), batch_size=4)

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), 0.01)

    return Module


@pytest.fixture
def loaders(small):
    def make(count):
        return torch.utils.data.DataLoader(small.Tunes(count), batch_size=4)

    return make(21), make(8)


def trainer(folder, sample_fn=None, **more):
    return Trainer(
        accelerator="cpu", logger=MusiclogLogger(folder), enable_progress_bar=False, enable_model_summary=False,
        callbacks=[MusiclogCallback(sample_fn=sample_fn), ModelCheckpoint(monitor="val_loss", save_top_k=1)],
        **{"max_epochs": 2, "log_every_n_steps": 2} | more,
    )  # fmt: skip


@pytest.fixture
def done(tmp_path, small, composer, loaders):
    trainer(tmp_path / "run", small.compose, accumulate_grad_batches=2, gradient_clip_val=1e-6).fit(
        composer(), *loaders
    )
    return tmp_path / "run"


def test_every_step_is_in_the_run_with_what_lightning_logs(done, lines, curve):
    assert list(curve(done, "total_loss")) == [0, 1, 2, 3, 4, 5]  # 6 batches an epoch, two a step
    assert min(curve(done, "optim/gradient_norm").values()) > 1e-3  # before it was clipped
    assert list(curve(done, "val_loss")) == [2, 5]
    steps = [row["step"] for row in lines(done / "metrics.jsonl") if "quality/overall" not in row]
    assert steps == sorted(steps)
    assert len(lines(done / "data_usage.jsonl")) == 42


def test_the_run_knows_its_plan_its_settings_and_its_end(done):
    with open_run(done) as run:
        assert (run.data.info.state, run.data.info.planned_epochs) == ("finished", 2)
        assert run.config["size"] == 8
        assert len(run.samples) == 4
        roles = named_roles(list(run.data.series))
        assert roles["total_loss"] == "loss"
        assert roles["val_loss"] == "validation_loss"
        assert roles["optim/gradient_norm"] == "gradient_norm"


def test_checkpoints_are_told_and_lie_in_the_run(done, lines):
    told = [event for event in lines(done / "events.jsonl") if event["event"] == "checkpoint"]

    assert len(told) == 2
    assert told[-1]["best"]
    assert (done / told[-1]["path"]).exists()


@pytest.mark.parametrize(("fault", "state"), [(ValueError, "crashed"), (KeyboardInterrupt, "interrupted")])
def test_an_error_and_ctrl_c_are_told(tmp_path, composer, loaders, fault, state):
    with pytest.raises((fault, SystemExit)):
        trainer(tmp_path).fit(composer(fail_at=3, fault=fault), *loaders)

    with open_run(tmp_path) as run:
        assert run.data.info.state == state


def test_an_alert_that_asks_for_it_ends_the_training(tmp_path, small, composer, loaders, curve):
    class Poisoned(composer):
        def training_step(self, batch, number):
            return super().training_step(batch, number) * (float("nan") if self.global_step == 2 else 1)

    logger = MusiclogLogger(tmp_path, actions={"nan_values": "stop"})
    made = Trainer(accelerator="cpu", logger=logger, callbacks=[MusiclogCallback()], max_epochs=5, log_every_n_steps=2,
                   enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    made.fit(Poisoned(), *loaders)

    assert len(curve(tmp_path, "total_loss")) < 12
    with open_run(tmp_path) as run:
        assert run.data.info.state == "stopped"


def test_a_test_after_the_fit_goes_on_with_the_same_run(tmp_path, composer, loaders, curve):
    class Tested(composer):
        def test_step(self, batch, number):
            self.log("test_loss", 1.5, batch_size=4)

    made, model = trainer(tmp_path, max_epochs=1), Tested()
    made.fit(model, *loaders)
    made.test(model, loaders[1], verbose=False)

    assert list(curve(tmp_path, "test_loss").values()) == [1.5]
    own, ours = curve(tmp_path, "own"), curve(tmp_path, "total_loss")
    assert own == {step: ours[step] for step in (1, 3, 5)}  # under Lightning's own steps
    with open_run(tmp_path) as run:
        assert run.data.info.state == "finished"
        assert len(run.series("total_loss")[0]) == 6


def test_a_callback_without_its_logger_says_what_to_do(composer, loaders, tmp_path):
    made = Trainer(accelerator="cpu", logger=False, callbacks=[MusiclogCallback()], max_epochs=1,
                   enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    with pytest.raises(MusiclogError, match=r"logger=MusiclogLogger\(folder\)"):
        made.fit(composer(), *loaders)
