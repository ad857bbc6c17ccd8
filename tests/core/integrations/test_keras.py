"""A Keras 3 fit is in the run as it was; here with the torch backend, which Keras must be told before it starts."""

from __future__ import annotations

import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch as the backend of Keras: pip install 'musiclog[keras,torch]'")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="needs Keras 3: pip install 'musiclog[keras]'")

from musiclog import open_run
from musiclog.anomaly.roles import named_roles
from musiclog.integrations.keras import MusiclogCallback

pytestmark = [
    # Keras 3.15 with numpy 2: its variables are read the old way.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


def fit(callback, *, poison=None, epochs=3):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
    x = np.arange(40, dtype="float32").reshape(20, 2) / 40
    y = x.sum(1, keepdims=True)
    if poison is not None:
        y[poison] = np.nan
    model.compile(keras.optimizers.SGD(0.05, clipnorm=1e-6), "mse", metrics=["mae"])
    model.fit(x, y, validation_data=(x[:4], y[:4]), batch_size=4, epochs=epochs, verbose=0, shuffle=False,
              callbacks=[callback])  # fmt: skip
    return model


def test_a_fit_is_in_the_run_as_it_was(tmp_path, small, curve, lines):
    fit(MusiclogCallback(tmp_path, sample_fn=lambda *_: small.scale(), score_samples=False))

    assert list(curve(tmp_path, "loss")) == list(range(1, 16))
    assert list(curve(tmp_path, "val_loss")) == [5, 10, 15]
    assert min(curve(tmp_path, "optim/gradient_norm").values()) > 1e-5  # before it was clipped
    means = curve(tmp_path, "train/loss_epoch")
    losses = curve(tmp_path, "loss")
    assert means[5] == pytest.approx(sum(losses[step] for step in range(1, 6)) / 5, rel=1e-5)  # single batches
    with open_run(tmp_path) as run:
        roles = named_roles(list(run.data.series))
        names = ("loss", "val_loss", "optim/learning_rate", "optim/gradient_norm", "train/loss_epoch")
        assert [roles[name] for name in names] == [
            "loss", "validation_loss", "learning_rate", "gradient_norm", "train_loss",
        ]  # fmt: skip
        assert (run.data.info.state, run.data.info.planned_epochs, len(run.samples)) == ("finished", 3, 3)
        assert run.config["training"]["optimizer"]["clipnorm"] == pytest.approx(1e-6)
    assert [event["epoch"] for event in lines(tmp_path / "events.jsonl") if event["event"] == "epoch_end"] == [1, 2, 3]


def test_a_loss_that_is_no_number_is_told_and_can_end_the_training(tmp_path, curve):
    fit(MusiclogCallback(tmp_path, actions={"nan_values": "stop"}), poison=10)

    losses = curve(tmp_path, "loss")
    assert losses[3] == "NaN"
    assert len(losses) < 15
    with open_run(tmp_path) as run:
        assert run.data.info.state == "stopped"
