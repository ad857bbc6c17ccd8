"""What a blind test is made of: contenders, their pieces, and the pairs in which they are heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A MIDI file that can be heard. id: a digest of its bytes, so that a moved file stays what it is."""

    id: str
    path: str
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A checkpoint, an epoch, a run, a sampling setting, or a corpus as anchor: whatever has a name and pieces."""

    name: str
    pieces: tuple[Piece, ...] = field(default_factory=tuple)

    def as_dict(self) -> dict[str, Any]:
        pieces = [{"id": piece.id, "path": piece.path, "prompt": piece.prompt} for piece in self.pieces]
        return {"name": self.name, "pieces": pieces}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contender:
        pieces = (Piece(str(each["id"]), str(each["path"]), each.get("prompt")) for each in data["pieces"])
        return cls(str(data["name"]), tuple(pieces))


@dataclass(frozen=True, slots=True)
class Trial:
    """Two pieces of two contenders in the order in which they are heard. number counts from 0."""

    number: int
    first: Piece
    second: Piece
    first_of: str
    second_of: str
