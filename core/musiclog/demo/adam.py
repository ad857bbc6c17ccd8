"""Adam, and clipping by the norm over all parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .gru import Array


def gradient_norm(gradients: Mapping[str, Array]) -> float:
    """Euclidean norm over all parameters together."""
    return math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))


def clip(gradients: Mapping[str, Array], norm: float, limit: float) -> None:
    """Scale all gradients in place so that their common norm, now norm, is at most limit."""
    if norm <= limit:
        return
    for gradient in gradients.values():
        np.multiply(gradient, limit / norm, out=gradient)


class Adam:
    """Kingma & Ba 2015 with decoupled weight decay (Loshchilov & Hutter 2019). Changes the parameters in place."""

    def __init__(self, parameters: Mapping[str, Array], decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999) \
            -> None:
        self._decay, self._beta1, self._beta2 = decay, beta1, beta2
        self._mean = {name: np.zeros_like(p) for name, p in parameters.items()}
        self._square = {name: np.zeros_like(p) for name, p in parameters.items()}
        self._steps = 0

    def step(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array], rate: float) -> None:
        self._steps += 1
        scale = rate * math.sqrt(1 - self._beta2**self._steps) / (1 - self._beta1**self._steps)
        for name, parameter in parameters.items():
            gradient, mean, square = gradients[name], self._mean[name], self._square[name]
            mean += (1 - self._beta1) * (gradient - mean)
            square += (1 - self._beta2) * (gradient * gradient - square)
            change = scale * mean / (np.sqrt(square) + 1e-8) + rate * self._decay * parameter
            np.subtract(parameter, change, out=parameter)
