"""Several processes that train one model: who is who, and what they must agree on."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import distributed


class Ranks:
    """This process among those that train together; alone it is rank 0 of 1, and nothing is sent.

    Started by torchrun (RANK and WORLD_SIZE in the environment) the processes are joined here, unless that was done.
    """

    def __init__(self) -> None:
        self.rank, self.world = 0, 1
        self._joined_here = False
        if not distributed.is_available():
            return
        if not distributed.is_initialized() and int(os.environ.get("WORLD_SIZE", "1")) > 1:
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
            self._joined_here = True
        if distributed.is_initialized():
            self.rank, self.world = distributed.get_rank(), distributed.get_world_size()

    @property
    def first(self) -> bool:
        return self.rank == 0

    def sum(self, values: list[float], device: Any) -> list[float]:
        if self.world == 1:
            return values
        tensor = torch.tensor(values, dtype=torch.float64, device=device)
        distributed.all_reduce(tensor)
        return [float(value) for value in tensor.tolist()]

    def any(self, flag: bool, device: Any) -> bool:
        return self.sum([float(flag)], device)[0] > 0

    def gather(self, value: Any) -> list[Any]:
        """What every rank gives, in the order of ranks, on every rank."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        distributed.all_gather_object(found, value)
        return found

    def from_first(self, value: Any) -> Any:
        """What rank 0 gives, on every rank."""
        if self.world == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def wrap(self, model: Any, device: Any) -> Any:
        """The model as it is trained: alike on all ranks, with gradients averaged over them."""
        parallel = torch.nn.parallel.DistributedDataParallel
        if self.world == 1 or isinstance(model, parallel):
            return model
        return parallel(model, device_ids=[device] if device.type == "cuda" else None)

    def leave(self) -> None:
        if self._joined_here:
            distributed.destroy_process_group()
            self._joined_here = False


def bare(model: Any) -> Any:
    """The user's own module, out of the wrappers for several processes and for compilation."""
    while True:
        if isinstance(model, torch.nn.parallel.DistributedDataParallel):
            model = model.module
        elif hasattr(model, "_orig_mod"):
            model = model._orig_mod
        else:
            return model
