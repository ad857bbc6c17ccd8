"""What a batch tells of itself: how many samples and tokens, which files; and its way to the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

FILES = "files"  # the key, or attribute, under which a batch names the files it was made of
_TOKENS = ("input_ids", "tokens", "token_ids", "x")


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """tokens is None where a batch has none. files: each what Run.log_data_usage() takes, name first."""

    samples: int
    tokens: int | None = None
    files: Sequence[Mapping[str, Any]] = ()


Describe = Callable[[Any], BatchFacts]


def describe_batch(batch: Any) -> BatchFacts:
    """The facts of a mapping, a sequence or a tensor, as torch's own collate function makes them.

    Samples: the first dimension of the first tensor. Tokens: the sum of an attention_mask, else the size of input_ids
    or tokens, else of the first tensor of whole numbers with two dimensions or more. Files: what is under "files", as
    names, as mappings for Run.log_data_usage(), or as one mapping of columns, which is what default_collate makes of
    mappings; collate keeps them as they are.
    """
    first = next(_tensors(batch), None)
    samples = 0 if first is None else int(first.shape[0]) if first.ndim else 1
    return BatchFacts(samples, _tokens(batch), _files(_get(batch, FILES)))


def collate(items: list[Any]) -> Any:
    """torch's own collate function, which also takes files whose entries are not alike: they stay a list."""
    first = items[0]
    if not isinstance(first, Mapping) or FILES not in first:
        return torch.utils.data.default_collate(items)
    rest = [{name: value for name, value in item.items() if name != FILES} for item in items]
    return {**torch.utils.data.default_collate(rest), FILES: [item[FILES] for item in items]}


def to_device(batch: Any, device: Any) -> Any:
    """The batch with every tensor on the device; whatever is no tensor stays as it is."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if hasattr(batch, "to"):  # as those of transformers' tokenizers
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {key: value if key == FILES else to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(to_device(value, device) for value in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


def without_files(batch: Any) -> Any:
    """A mapping without its entry about files, which no model takes."""
    if isinstance(batch, Mapping) and FILES in batch:
        return {key: value for key, value in batch.items() if key != FILES}
    return batch


def _tokens(batch: Any) -> int | None:
    mask = _get(batch, "attention_mask")
    if isinstance(mask, torch.Tensor):
        return int(mask.sum())
    for name in _TOKENS:
        found = _get(batch, name)
        if _is_tokens(found):
            return int(found.numel())
    found = next((tensor for tensor in _tensors(batch) if _is_tokens(tensor)), None)
    return None if found is None else int(found.numel())


def _is_tokens(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or value.ndim < 2:
        return False
    return not value.is_floating_point() and not value.is_complex() and value.dtype != torch.bool


def _tensors(batch: Any) -> Iterator[Any]:
    if isinstance(batch, torch.Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from _tensors(value)
    elif isinstance(batch, list | tuple):
        for value in batch:
            yield from _tensors(value)


def _get(batch: Any, name: str) -> Any:
    return batch.get(name) if isinstance(batch, Mapping) else getattr(batch, name, None)


def _files(told: Any) -> Sequence[Mapping[str, Any]]:
    if told is None:
        return ()
    if isinstance(told, Mapping):
        return [_row(told, number) for number in range(_length(told))]
    listed: Iterable[Any] = (told,) if isinstance(told, str) else told
    return [each if isinstance(each, Mapping) else {"name": str(each)} for each in listed]


def _length(columns: Mapping[str, Any]) -> int:
    lengths = (_length(each) if isinstance(each, Mapping) else len(each) for each in columns.values())
    return max(lengths, default=0)


def _row(columns: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What collating did to the mapping of one file, undone."""
    return {name: _cell(values, number) for name, values in columns.items()}


def _cell(values: Any, number: int) -> Any:
    if isinstance(values, Mapping):
        return _row(values, number)
    value = values[number]
    return value.tolist() if isinstance(value, torch.Tensor) else value
