"""The network's own backward pass gives the slopes that small differences give."""

from __future__ import annotations

import numpy as np
import pytest

from musiclog.demo.excerpts import batches
from musiclog.demo.model import Dropout, TuneModel, cross_entropies
from musiclog.demo.tunes import load_tunes


@pytest.fixture(scope="module")
def setting():
    """A tiny network in double precision, a batch with a filled-up end, and what dropout leaves out."""
    rng = np.random.default_rng(3)
    model = TuneModel(embedding=5, hidden=6, rng=rng, dtype=np.float64)
    short = [tune.melody for tune in load_tunes() if tune.name in ("row_your_boat", "sakura")]
    batch = list(batches(short, events=40, size=3, rng=rng))[-1]
    assert (batch.wanted < 0).any()
    dropout = Dropout(read=rng.integers(0, 2, (*batch.read.shape, 1)) * 2.0,
                      states=rng.integers(0, 2, (*batch.read.shape[:2], 6)) * 2.0)
    return model, batch, dropout


def loss_of(model, batch, dropout):
    return sum(cross_entropies(model.forward(batch.read, dropout=dropout)[0], batch.wanted)[0].values())


@pytest.mark.parametrize("name", ["embedding", "gru/input", "gru/recurrent", "gru/bias", "answer", "answer/bias"])
def test_every_gradient_is_the_slope_of_the_loss(setting, name):
    model, batch, dropout = setting
    scores, _, trace = model.forward(batch.read, dropout=dropout)
    gradient = model.backward(cross_entropies(scores, batch.wanted)[1], trace)[name].reshape(-1)
    parameter = model.parameters[name].reshape(-1)
    steepest = np.argsort(-np.abs(gradient))[:8]
    for index in steepest:
        kept, width = parameter[index], 1e-5
        parameter[index] = kept + width
        above = loss_of(model, batch, dropout)
        parameter[index] = kept - width
        below = loss_of(model, batch, dropout)
        parameter[index] = kept
        assert (above - below) / (2 * width) == pytest.approx(gradient[index], rel=1e-5, abs=1e-8)


def test_a_sequence_read_in_two_parts_gives_the_same_scores(setting):
    model, batch, _ = setting
    whole, last, _ = model.forward(batch.read)
    first, state, _ = model.forward(batch.read[:11])
    second, end, _ = model.forward(batch.read[11:], state)
    np.testing.assert_allclose(np.concatenate((first, second)), whole, rtol=1e-12)
    np.testing.assert_allclose(end, last, rtol=1e-12)


def test_scores_that_know_nothing_cost_the_logarithm_of_the_choices():
    losses, slope = cross_entropies(np.zeros((2, 1, 48 + 8 + 7)), np.array([[[3, 2, 1]], [[4, -1, -1]]]))
    assert losses == pytest.approx({"pitch": np.log(48), "duration": np.log(8), "loudness": np.log(7)})
    assert not slope[1, 0, 48:].any()
