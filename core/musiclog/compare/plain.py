"""A comparison as plain values, for JSON and for programs that read on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from ..config_diff import MISSING
from ..file_names import as_text
from .comparison import Comparison
from .frame import Frame
from .influence import Influences
from .study import Study

_LARGEST: Final = 2**63  # JSON readers, orjson among them, know no larger integers


def as_plain(found: Comparison, influences: Influences | None = None) -> dict[str, Any]:
    """Everything that was found. Values that are not finite are texts ("nan", "inf"), what is unknown is null."""
    told: dict[str, Any] = {
        "metric": found.frame.main,
        "question": found.main,
        "alignment": str(found.frame.alignment),
        "insights": found.insights,
        "groups": _groups(found.frame),
        "columns": [{**_plain(each), "alignment": str(each.alignment)} for each in found.frame.columns],
        "runs": found.frame.rows,
        "tests": {key: _study(found.frame, each) for key, each in found.tests.items()},
        "settings": [{"key": each.key, "values": each.values} for each in found.settings],
        "associations": found.associations,
        "confounded": found.confounded,
        "config_diff": {each.key: each.values for each in found.config_diff},
        "notices": found.notices,
    }
    if influences is not None:
        told["influences"] = influences
    plain: dict[str, Any] = _plain(told)
    return plain


def _groups(frame: Frame) -> list[dict[str, Any]]:
    return [
        {"label": group.label, "settings": dict(group.settings),
         "runs": [frame.rows[row].path for row in group.members], "seeds": group.seeds}
        for group in frame.groups
    ]  # fmt: skip


def _study(frame: Frame, study: Study) -> dict[str, Any]:
    labels = [group.label for group in frame.groups]
    return {
        "column": str(study.column),
        "estimates": [{"group": label, "estimate": each} for label, each in zip(labels, study.estimates, strict=True)],
        "best": None if study.best is None else labels[study.best],
        "as_good_within_error": [labels[group] for group in sorted(study.ties())],
        "omnibus": study.omnibus,
        "ranks": study.ranks,
        "contrasts": [
            {"first": labels[pair[0]], "second": labels[pair[1]], "contrast": each, "enough": study.enough.get(pair)}
            for pair, each in study.contrasts.items()
        ],
        "paired_by": study.paired_by,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if value is None or value is MISSING:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, int) and abs(value) < _LARGEST else _text(str(value))


def _text(value: str) -> str:
    """What every encoder takes: bytes of names that are no UTF-8 are spelt out, and so are halves of characters."""
    try:
        return as_text(value)
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
