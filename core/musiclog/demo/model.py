"""The network: embedded events, one GRU, three answers (pitch, duration, loudness), with its own backward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .gru import Array, GruTrace, gru_backward, gru_forward
from .melody import FEATURES, TARGETS
from .pitch_views import ANSWERS, join, spread

# One table holds the embeddings of all features; feature i starts at row _FIRST_ROWS[i].
_FIRST_ROWS = np.cumsum([0, *FEATURES.values()])[:-1]
_STARTS = np.cumsum([0, *TARGETS.values()])
_WIDTH = sum(ANSWERS.values())


@dataclass(frozen=True, slots=True)
class Dropout:
    """What one training step leaves out: whole features as they are read, single states as they are answered."""

    read: Array | float = 1.0  # (steps, batch, len(FEATURES), 1): 0 or 1 / share kept
    states: Array | float = 1.0  # (steps, batch, hidden)


NOTHING_LEFT_OUT = Dropout()


@dataclass(frozen=True, slots=True)
class Trace:
    read: NDArray[np.int64]
    gru: GruTrace
    kept: Array  # the states as the answers saw them, after dropout
    dropout: Dropout


class TuneModel:
    """Reads events, answers with scores of what comes next. Parameters are a plain dictionary of arrays."""

    def __init__(self, embedding: int, hidden: int, rng: np.random.Generator, dtype: type = np.float32) -> None:
        self.hidden, self.dtype = hidden, dtype
        sizes = {
            "embedding": (sum(FEATURES.values()), embedding), "gru/input": (embedding, 3 * hidden),
            "gru/recurrent": (hidden, 3 * hidden), "answer": (hidden, _WIDTH),
        }
        # Glorot & Bengio 2010 for the matrices; embeddings of unit length, as nine of them are added.
        scale = {"embedding": embedding**-0.5, "gru/input": (2 / (embedding + hidden)) ** 0.5,
                 "gru/recurrent": hidden**-0.5, "answer": (2 / (hidden + _WIDTH)) ** 0.5}
        self.parameters = {n: (rng.standard_normal(s) * scale[n]).astype(dtype) for n, s in sizes.items()}
        self.parameters["gru/bias"] = np.zeros(3 * hidden, dtype)
        self.parameters["answer/bias"] = np.zeros(_WIDTH, dtype)

    @property
    def size(self) -> int:
        return sum(p.size for p in self.parameters.values())

    def forward(self, read: NDArray[np.int64], first: Array | None = None,
                dropout: Dropout = NOTHING_LEFT_OUT) -> tuple[Array, Array, Trace]:
        """Scores (steps, batch, sum of TARGETS) and the last state (batch, hidden).

        read (steps, batch, len(FEATURES)); first is the state to go on from.
        """
        p = self.parameters
        embedded = (p["embedding"][read + _FIRST_ROWS] * dropout.read).sum(axis=2)
        if first is None:
            first = np.zeros((read.shape[1], self.hidden), self.dtype)
        states, trace = gru_forward(embedded, first, p["gru/input"], p["gru/recurrent"], p["gru/bias"])
        kept = states * dropout.states
        return join(kept @ p["answer"] + p["answer/bias"], read), states[-1], Trace(read, trace, kept, dropout)

    def backward(self, slope: Array, trace: Trace) -> dict[str, Array]:
        """Gradient of every parameter, given the loss's slope at the scores."""
        p = self.parameters
        at_answers = spread(slope, trace.read)
        flat = at_answers.reshape(-1, _WIDTH)
        at_states = (at_answers @ p["answer"].T) * trace.dropout.states
        gru = gru_backward(at_states, trace.gru, p["gru/input"], p["gru/recurrent"])
        embedding = np.zeros_like(p["embedding"])
        np.add.at(embedding, trace.read + _FIRST_ROWS, gru.inputs[:, :, None] * trace.dropout.read)
        return {
            "embedding": embedding, "gru/input": gru.input_weights, "gru/recurrent": gru.recurrent_weights,
            "gru/bias": gru.bias, "answer": trace.kept.reshape(-1, self.hidden).T @ flat,
            "answer/bias": flat.sum(axis=0),
        }


def cross_entropies(scores: Array, wanted: NDArray[np.int64]) -> tuple[dict[str, float], Array]:
    """Mean cross entropy of each answer in nats, and the slope of their sum at the scores.

    scores (steps, batch, sum of TARGETS); wanted (steps, batch, 3), -1 where nothing is asked.
    """
    losses: dict[str, float] = {}
    slope = np.empty_like(scores)
    for index, name in enumerate(TARGETS):
        part = slice(_STARTS[index], _STARTS[index + 1])
        losses[name], slope[..., part] = _cross_entropy(scores[..., part], wanted[..., index])
    return losses, slope


def _cross_entropy(scores: Array, wanted: NDArray[np.int64]) -> tuple[float, Array]:
    asked = wanted >= 0
    count = max(1, int(asked.sum()))
    shifted = scores - scores.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    chosen = np.maximum(wanted, 0)[..., None]
    loss = -float(np.where(asked, np.take_along_axis(logs, chosen, -1)[..., 0], 0).sum()) / count
    slope = np.exp(logs)
    np.put_along_axis(slope, chosen, np.take_along_axis(slope, chosen, -1) - 1, -1)
    return loss, slope * (asked[..., None] / np.asarray(count, scores.dtype))


def split_answers(scores: Array) -> Mapping[str, Array]:
    """The scores of one step by name."""
    return {name: scores[_STARTS[i]:_STARTS[i + 1]] for i, name in enumerate(TARGETS)}
