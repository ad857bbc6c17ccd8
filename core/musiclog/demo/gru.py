"""A gated recurrent unit over a whole sequence, forward and backward, in plain numpy.

Source: Cho et al. 2014, in the form in which the reset gate acts after the recurrent product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class GruTrace:
    """What the backward pass needs: gate values and states of every step, each (steps, batch, hidden)."""

    inputs: Array
    before: Array
    reset: Array
    update: Array
    candidate: Array
    recurrent: Array


@dataclass(frozen=True, slots=True)
class GruGradients:
    inputs: Array
    input_weights: Array
    recurrent_weights: Array
    bias: Array


def gru_forward(inputs: Array, first: Array, weights: Array, recurrent_weights: Array, bias: Array) \
        -> tuple[Array, GruTrace]:
    """States of every step, (steps, batch, hidden).

    inputs (steps, batch, features), first (batch, hidden), weights (features, 3 hidden),
    recurrent_weights (hidden, 3 hidden), bias (3 hidden); columns are reset, update, candidate.
    """
    steps, batch, _ = inputs.shape
    hidden = first.shape[1]
    projected = inputs @ weights + bias
    states, reset, update, candidate, recurrent = (
        np.empty((steps, batch, hidden), inputs.dtype) for _ in range(5))
    state = first
    for t in range(steps):
        product = state @ recurrent_weights
        gates = sigmoid(projected[t, :, :2 * hidden] + product[:, :2 * hidden])
        reset[t], update[t] = gates[:, :hidden], gates[:, hidden:]
        recurrent[t] = product[:, 2 * hidden:]
        candidate[t] = np.tanh(projected[t, :, 2 * hidden:] + reset[t] * recurrent[t])
        state = candidate[t] + update[t] * (state - candidate[t])
        states[t] = state
    before = np.concatenate((first[None], states[:-1]))
    return states, GruTrace(inputs, before, reset, update, candidate, recurrent)


def gru_backward(slope: Array, trace: GruTrace, weights: Array, recurrent_weights: Array) -> GruGradients:
    """Gradients, given the loss's slope at every state, (steps, batch, hidden)."""
    steps, batch, hidden = slope.shape
    at_gates = np.empty((steps, batch, 3 * hidden), slope.dtype)
    at_product = np.empty_like(at_gates)
    carried = np.zeros((batch, hidden), slope.dtype)
    for t in reversed(range(steps)):
        reset, update, candidate = trace.reset[t], trace.update[t], trace.candidate[t]
        at_state = slope[t] + carried
        at_candidate = at_state * (1 - update) * (1 - candidate * candidate)
        at_gates[t, :, :hidden] = at_candidate * trace.recurrent[t] * reset * (1 - reset)
        at_gates[t, :, hidden:2 * hidden] = at_state * (trace.before[t] - candidate) * update * (1 - update)
        at_gates[t, :, 2 * hidden:] = at_candidate
        at_product[t] = at_gates[t]
        at_product[t, :, 2 * hidden:] *= reset
        carried = at_state * update + at_product[t] @ recurrent_weights.T
    flat = at_gates.reshape(-1, 3 * hidden)
    return GruGradients(
        inputs=at_gates @ weights.T,
        input_weights=trace.inputs.reshape(-1, trace.inputs.shape[2]).T @ flat,
        recurrent_weights=trace.before.reshape(-1, hidden).T @ at_product.reshape(-1, 3 * hidden),
        bias=flat.sum(axis=0),
    )


def sigmoid(x: Array) -> Array:
    """The logistic function by tanh, which neither overflows nor branches."""
    result: Array = 0.5 * (1 + np.tanh(0.5 * x))
    return result
