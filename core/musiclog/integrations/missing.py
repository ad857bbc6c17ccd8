"""Say kindly which extra brings the library that an integration is for."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import ExtraMissing


def require(package: str, extra: str, what: str) -> None:
    """ExtraMissing, with the command that helps, where the package is not installed."""
    if find_spec(package) is None:
        raise ExtraMissing(f'{what} needs {package}, which is not installed: pip install "musiclog[{extra}]"')
