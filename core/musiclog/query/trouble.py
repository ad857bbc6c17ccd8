"""What is said of a query that cannot be understood."""

from __future__ import annotations

from ..errors import MusiclogError


class QueryError(MusiclogError, ValueError):
    """message says what to write instead; position and length (in characters) say where in the text."""

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.message, self.position, self.length = message, position, length

    def __str__(self) -> str:
        return f"{self.message} (at character {self.position + 1})"
