"""By what the reader judges runs that do not watch themselves; a value of its own, because a window sends it around."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SENSITIVITIES: Final = ("low", "normal", "high")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One sensitivity, and per family of runs the roles that the user corrected.

    A family are the runs of one folder; it is called by that folder's path.
    """

    sensitivity: str = "normal"
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # family -> metric -> role

    def of(self, run_id: str) -> tuple[str, Mapping[str, str]]:
        """Sensitivity and corrected roles for the run at this path."""
        return self.sensitivity, self.roles.get(family_of(run_id), {})


def family_of(run_id: str) -> str:
    """The folder that a run stands in: runs that lie together call their metrics alike."""
    return os.path.dirname(run_id)
