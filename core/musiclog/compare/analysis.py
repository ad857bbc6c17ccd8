"""Load scipy and scikit-learn on first use: training and the window start without them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import ExtraMissing


def load(module: str) -> Any:
    """A module of the `analysis` extra. Raises ExtraMissing, with the command that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ExtraMissing(
            f"comparing needs {package} for its tests and intervals; install it with: pip install 'musiclog[analysis]'"
        ) from error
