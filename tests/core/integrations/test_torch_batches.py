"""A batch of any usual shape tells its samples, tokens and files, and goes to the device as it is."""

from __future__ import annotations

from collections import namedtuple

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog.integrations.torch import BatchFacts, collate, describe_batch
from musiclog.integrations.torch.batches import to_device

Pair = namedtuple("Pair", ["notes", "labels"])
TOKENS = torch.arange(12).reshape(3, 4)
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize(
    ("batch", "facts"),
    [
        ({"input_ids": TOKENS, "attention_mask": MASK}, BatchFacts(3, 7)),
        ({"roll": torch.zeros(3, 88), "tokens": TOKENS}, BatchFacts(3, 12)),
        (TOKENS, BatchFacts(3, 12)),
        ([torch.zeros(5, 88), torch.zeros(5)], BatchFacts(5)),
        (Pair(TOKENS, torch.zeros(3)), BatchFacts(3, 12)),
        ({"x": TOKENS, "files": ["a.mid", "b.mid"]}, BatchFacts(3, 12, [{"name": "a.mid"}, {"name": "b.mid"}])),
        ({"none": None}, BatchFacts(0)),
    ],
    ids=["mask", "named tokens", "tensor", "list", "named tuple", "files", "nothing"],
)
def test_what_a_batch_tells(batch, facts):
    assert describe_batch(batch) == facts


def test_files_come_back_as_they_were_from_either_way_of_collating():
    alike = [{"x": torch.ones(2), "files": {"name": f"{i}.mid", "augmentation": {"transpose": i}}} for i in range(2)]
    unlike = [
        {"x": torch.ones(2), "files": {"name": "a.mid"}},
        {"x": torch.ones(2), "files": {"name": "b", "seconds": 1}},
    ]
    wanted = [item["files"] for item in alike]

    assert list(describe_batch(torch.utils.data.default_collate(alike)).files) == wanted
    assert list(describe_batch(collate(alike)).files) == wanted
    assert list(describe_batch(collate(unlike)).files) == [item["files"] for item in unlike]
    assert torch.equal(collate([torch.ones(2)] * 3), torch.ones(3, 2))


def test_every_tensor_moves_and_the_rest_stays():
    moved = to_device({"a": [TOKENS, "text"], "b": Pair(TOKENS, 3), "files": [{"name": "a.mid"}]}, torch.device("meta"))

    assert moved["a"][0].device.type == moved["b"].notes.device.type == "meta"
    assert (moved["a"][1], moved["b"].labels, moved["files"]) == ("text", 3, [{"name": "a.mid"}])
