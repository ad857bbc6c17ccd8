"""An exporter: one JSON line a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from musiclog.run_data import RunData


class JsonLines:
    """`musiclog convert RUN --to jsonl`."""

    name = "jsonl"

    def write(self, data: RunData, folder: Path) -> Iterator[str]:
        with (folder / "values.jsonl").open("w", encoding="utf-8") as file:
            for name, series in data.series.items():
                yield name
                for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
                    file.write(json.dumps({"metric": name, "step": step, "value": value}) + "\n")
