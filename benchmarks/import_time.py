"""How long a training waits for `import`, beside other loggers: milliseconds, warm, the median of fresh processes."""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Iterator

from .child import Failed, run
from .table import Bar, Row, Table, absent

MODULES = {
    "musiclog": "musiclog",
    "tensorboardX": "tensorboardX",
    "Lightning": "lightning",
    "trackio": "trackio",
    "W&B": "wandb",
    "torch SummaryWriter": "torch.utils.tensorboard",
    "Aim": "aim",
    "MLflow": "mlflow",
}
CODE = "import time; begin = time.perf_counter(); import {}; print((time.perf_counter() - begin) * 1e3)"
COLUMNS = ("ms",)


def tables(*, quick: bool) -> Iterator[Table]:
    rows = [row_of(name, module, 1 if quick else 5) for name, module in MODULES.items()]
    yield Table("import, on the training side", COLUMNS, rows)


def row_of(name: str, module: str, times: int) -> Row:
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        return absent(name, COLUMNS)
    # A second or more is told well enough by two.
    times = times * 3 if name == "musiclog" else min(times, 2)
    try:
        asked = [run([sys.executable, "-c", CODE.format(module)], 60) for _ in range(times + 1)][1:]
    except Failed as error:
        return absent(name, COLUMNS, str(error))
    found = statistics.median(float(each.splitlines()[-1]) for each in asked)
    return Row(name, (found,), {"ms": Bar(60)} if name == "musiclog" else {})
