"""Say each trouble once on stderr and count the rest, so that training is neither stopped nor flooded."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter


class Notices:
    """The mouth of one run. counts tells how often each trouble came, by its key."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.counts: Counter[str] = Counter()

    def say(self, key: str, text: str) -> None:
        """Write text when key is heard for the first time."""
        self.counts[key] += 1
        if self.counts[key] == 1:
            self.tell(text)

    def tell(self, text: str) -> None:
        # stderr may be closed, or None under pythonw: then there is nobody to tell.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"musiclog: {self._name}: {text}\n")
            sys.stderr.flush()

    def forget(self, key: str) -> int:
        """The trouble is over: say it again when it returns. Returns how often it came."""
        return self.counts.pop(key, 0)
