"""Does a comparison of real trainings say what is so? Two learning rates that matter, and two that do not.

Usage: python benchmarks/demo_comparison.py [--keep DIR] [--epochs 10]
Trains the demo 2 x 5 times at 0.001 and 0.0003, with the same five seeds, and 2 x 5 times at 0.001 and 0.0010001, with
ten seeds, and prints what `musiclog compare` says of both. The first must name 0.001 as better, the second must claim
nothing. Takes about ten minutes on one core; runs that DIR holds already are not trained again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from musiclog import open_run
from musiclog.cli import main as musiclog
from musiclog.compare import compare
from musiclog.discovery import discover
from musiclog.errors import ReadError

DIFFERENT = [(rate, seed) for rate in ("0.001", "0.0003") for seed in range(1, 6)]
EQUAL = [*(("0.001", seed) for seed in range(11, 16)), *(("0.0010001", seed) for seed in range(16, 21))]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="musiclog-demo-") as scratch:
        keep = options.keep or Path(scratch)
        for title, plan in (("lr", DIFFERENT), ("null", EQUAL)):
            for rate, seed in plan:
                train(keep / title / f"rate{rate}-seed{seed}", rate, seed, options.epochs)
        wrong = tell(keep / "lr", "Two learning rates that differ", True)
        wrong += tell(keep / "null", "Two learning rates that are as good as the same", False)
    return wrong


def train(folder: Path, rate: str, seed: int, epochs: int) -> None:
    if _finished(folder):
        return
    command = [sys.executable, "-m", "musiclog.demo.train", str(folder), "--quick", "--no-fault"]
    subprocess.run([*command, "--seed", str(seed), "--learning-rate", rate, "--epochs", str(epochs)], check=True)


def tell(folder: Path, title: str, differs: bool) -> int:
    """Prints the comparison and whether it claims what is so; 1 where it does not."""
    print(f"\n{title}\n", flush=True)
    musiclog(["compare", str(folder), "--settings"])
    with_data = [open_run(ref.path) for ref in discover(folder)]
    claims = [each for each in compare(with_data).insights if each.claim]
    right = bool(claims) == differs and all("learning_rate 0.001 is better" in each.text for each in claims[:1])
    print(f"\n{'right' if right else 'WRONG'}: {len(claims)} claims, {'some' if differs else 'none'} expected")
    return int(not right)


def _finished(folder: Path) -> bool:
    try:
        with open_run(folder) as run:
            return run.data.info.ended is not None
    except ReadError:
        return False


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--epochs", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
