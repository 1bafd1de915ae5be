"""Measure what random crops gain: accuracy of LeNet on digits with and without them, the mean over seeds.

python benchmarks/digits.py [-seeds 5] [-json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from layerzoo import Solver, load_solver

CONFIGS = Path(__file__).parent.parent / "configs"


def accuracy(config: str, seed: int) -> float:
    """Accuracy on the 360 held-out digits after the config's last iteration."""
    with tempfile.TemporaryDirectory() as folder:
        overrides = (f"random_seed={seed}", "display=0", "snapshot=0", "test_initialization=false")
        document = load_solver(
            CONFIGS / config, (*overrides, f"snapshot_prefix={folder}/run", "test_interval=1000000")
        )
        solver = Solver(document)
        solver.step(solver.param.max_iter)
        return solver.test()[0].values["accuracy"][0]


def main() -> None:
    """Measure and print the accuracies."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-seeds", type=int, default=5)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    figures: dict[str, object] = {"command": f"python benchmarks/digits.py -seeds {arguments.seeds}"}
    for config in ("lenet_solver.yaml", "lenet_crops_solver.yaml"):
        scores = [accuracy(config, seed) for seed in range(1, arguments.seeds + 1)]
        figures[config] = {
            "accuracy": [round(s, 4) for s in scores],
            "mean": round(statistics.mean(scores), 4),
        }
        print(config, figures[config], flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
