"""Train LeNet on digits with every update rule: accuracy on the 360 held-out digits, and time.

python benchmarks/solvers.py [-iterations 300] [-seeds 1] [-json FILE]

All use the same net, data and seeds. Learning rates are common choices for each rule, hardly tuned.
Full-batch rules evaluate all 1,437 training digits several times per iteration, so they run fewer
iterations.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from layerzoo.loader import parse_solver
from layerzoo.optimizer import RULES
from layerzoo.solver import Solver

NET = Path(__file__).parent.parent / "configs" / "lenet_train_test.yaml"
TRAINING_DIGITS = 1437
SETTINGS = {
    "SGD": "base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005",
    "Nesterov": "base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005",
    "AdaGrad": "base_lr: 0.01 weight_decay: 0.0005",
    "RMSProp": "base_lr: 0.001 rms_decay: 0.98 weight_decay: 0.0005",
    "AdaDelta": "base_lr: 1 momentum: 0.95 delta: 1e-6 weight_decay: 0.0005",
    "Adam": "base_lr: 0.001 momentum: 0.9 momentum2: 0.999",
    "AdamW": "base_lr: 0.001 momentum: 0.9 momentum2: 0.999 weight_decay: 0.01",
    "LAMB": "base_lr: 0.01 momentum: 0.9 momentum2: 0.999 weight_decay: 0.01",
    "LARS": "base_lr: 5 momentum: 0.9 weight_decay: 0.0005",
    "Lion": "base_lr: 0.0001 momentum: 0.9 momentum2: 0.99 weight_decay: 0.1",
    "Muon": "base_lr: 0.01 momentum: 0.95 weight_decay: 0.01",
    "Adafactor": "base_lr: 0.05",
    "ScheduleFreeSGD": "base_lr: 0.1 momentum: 0.9 weight_decay: 0.0005",
    "ScheduleFreeAdamW": "base_lr: 0.003 momentum: 0.9 momentum2: 0.999 weight_decay: 0.01",
    "LBFGS": "base_lr: 1 weight_decay: 0.0005",
    "NonlinearCG": "base_lr: 1 weight_decay: 0.0005",
    "GradientDescent": "base_lr: 1 weight_decay: 0.0005",
    "NewtonCG": "base_lr: 1 weight_decay: 0.0005 newton_cg_param { max_products: 20 }",
    "GaussNewton": "base_lr: 1 weight_decay: 0.0005 gauss_newton_param { max_products: 20 }",
}
SMALL = {"BFGS", "Newton", "SimulatedAnnealing"}
"""Rules for few params; benchmarks/minimisers.py has them."""


def result(rule: str, iterations: int, seed: int) -> tuple[float, float, float]:
    """Accuracy and loss on the held-out digits, and the seconds of training."""
    whole = RULES[rule].full_batch
    with tempfile.TemporaryDirectory() as folder:
        text = (
            f'net: "{NET}" type: "{rule}" lr_policy: "fixed" {SETTINGS[rule]} random_seed: {seed} '
            f'solver_mode: CPU snapshot_prefix: "{folder}/run" test_interval: 1000000'
        )
        batch = (f"net.layer[digits,TRAIN].dataset_param.batch_size={TRAINING_DIGITS}",) if whole else ()
        solver = Solver(parse_solver(text, batch, format="prototxt"))
        begun = time.perf_counter()
        solver.step(iterations // 10 if whole else iterations)
        seconds = time.perf_counter() - begun
        scores = solver.test()[0].values
        return scores["accuracy"][0], scores["loss"][0], seconds


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-iterations", type=int, default=300)
    parser.add_argument("-seeds", type=int, default=1)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    assert sorted([*SETTINGS, *SMALL]) == sorted(RULES), "every rule needs settings"
    rows = {}
    print("| type | settings | iterations | accuracy | test loss | seconds |\n|---|---|---|---|---|---|")
    for rule, settings in SETTINGS.items():
        results = [result(rule, arguments.iterations, seed) for seed in range(1, arguments.seeds + 1)]
        accuracy, loss, seconds = (statistics.mean(values) for values in zip(*results, strict=True))
        count = arguments.iterations // 10 if RULES[rule].full_batch else arguments.iterations
        rows[rule] = {"settings": settings, "iterations": count, "accuracy": accuracy, "loss": loss}
        print(f"| {rule} | {settings} | {count} | {accuracy:.4f} | {loss:.3f} | {seconds:.1f} |", flush=True)
    if arguments.json:
        command = f"python benchmarks/solvers.py -iterations {arguments.iterations} -seeds {arguments.seeds}"
        text = json.dumps({"command": command, "types": rows}, indent=2)
        Path(arguments.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
