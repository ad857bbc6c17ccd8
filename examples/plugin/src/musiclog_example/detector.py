"""A detector: an evaluation that gives the very same number again and again is not looking at the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musiclog.anomaly import Rhythm

if TYPE_CHECKING:
    from musiclog.anomaly import Context, Register

PATIENCE = Rhythm(on=4, off=1, cool=20)  # in evaluations


class FrozenValidation:
    """Looks at every finite value of a validation loss."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._before: float | None = None
        self._episode = context.episode("validation_frozen", metric, PATIENCE)

    def look(self, value: float) -> None:
        self._count += 1
        before, self._before = self._before, value
        if value != before:
            self._episode.calm(self._count)
            return
        self._episode.trouble(
            self._count,
            self._context.step,
            "warning",
            lambda: {
                "title": f"Validation has been exactly {value:g} for five evaluations",
                "what_to_do": "Look whether the evaluation uses an old copy of the model.",
                "value": value,
            },
        )


def register(add: Register) -> None:
    """Called once, with the function that takes a role and who looks at its metrics."""
    add("validation_loss", FrozenValidation)
