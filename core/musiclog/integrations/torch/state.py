"""The whole state of a training as one mapping, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from .checkpoints import CheckpointError
from .loading import drawing_state, keeps_place, restore_drawing_state
from .parts import Parts
from .place import Place
from .ranks import Ranks, bare

FORMAT = 1  # raised when an older trainer could misread it


def whole_state(
    parts: Parts, place: Place, ranks: Ranks, epoch_drawing: dict[str, Any] | None, heard: list[float]
) -> dict[str, Any]:
    """Everything that the next step depends on. All ranks call it together, as each draws and reads for itself."""
    loader = parts.train_loader
    own = {
        "drawing": drawing_state(loader),
        "epoch_drawing": epoch_drawing,
        "loader": loader.state_dict() if keeps_place(loader) else None,
    }
    return {
        "format": FORMAT,
        "model": bare(parts.model).state_dict(),
        "optimizer": parts.optimizer.state_dict(),
        "scheduler": parts.scheduler.state_dict(),
        "scaler": parts.scaler.state_dict(),
        "also": {name: each.state_dict() for name, each in parts.also.items()},
        "place": asdict(place),
        "ranks": ranks.gather(own),
        "heard": list(heard),
        "config": parts.config.as_dict(),
    }


def restore(state: Mapping[str, Any], parts: Parts, ranks: Ranks) -> tuple[Place, dict[str, Any] | None]:
    """Put the state back into the parts; gives the place and the generators as they were when its epoch began.

    With another number of ranks data and generators cannot go on where they were: the epoch begins anew.
    """
    if state.get("format") != FORMAT:
        raise CheckpointError(f"the checkpoint has format {state.get('format')!r}; this version reads {FORMAT}")
    bare(parts.model).load_state_dict(state["model"])
    parts.optimizer.load_state_dict(state["optimizer"])
    parts.scheduler.load_state_dict(state["scheduler"])
    parts.scaler.load_state_dict(state["scaler"])
    for name, each in parts.also.items():
        if name in state["also"]:
            each.load_state_dict(state["also"][name])
    place = Place(**{field.name: state["place"][field.name] for field in fields(Place)})
    if len(state["ranks"]) != ranks.world:
        place.batch, place.loss_sum, place.loss_weight = 0, 0.0, 0.0
        return place, None
    own = state["ranks"][ranks.rank]
    restore_drawing_state(parts.train_loader, own["drawing"])
    if own["loader"] is not None and keeps_place(parts.train_loader):
        parts.train_loader.load_state_dict(own["loader"])
    return place, own["epoch_drawing"]
