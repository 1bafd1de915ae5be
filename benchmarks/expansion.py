"""Time loading a net of blocks against loading the same net as plain layers.

    python benchmarks/expansion.py [-rounds 20] [-json FILE]

ResNet-152 by ``configs/resnet_train_val.yaml`` against the prototxt and the YAML file of its plain layers,
and, if ``../shared/corpus`` exists, the largest plain net in it (air152, 1,170 layers). The loads alternate,
so that a change of the machine's speed meets all alike. All times are CPU seconds of this process; shown are
the median and the least, and the medians of the rounds' ratios to the plain prototxt and to the plain YAML.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from layerzoo.loader import convert_text, emit, load_net

ROOT = Path(__file__).parent.parent
BLOCKS = ROOT / "configs/resnet_train_val.yaml"
DEPTH = "let.depth=152"
LARGEST = ROOT.parent / "shared/corpus/soeaver+caffe-model/cls/air/deploy_air152.prototxt"


def seconds(model: Path, changes: list[str]) -> float:
    """The CPU seconds that loading a net takes."""
    start = time.process_time()
    load_net(model, changes)
    return time.process_time() - start


def main() -> None:
    """Measure and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-rounds", type=int, default=20)
    parser.add_argument("-json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "resnet152.prototxt"
        plain.write_text(emit(load_net(BLOCKS, [DEPTH]).message, "prototxt"), encoding="utf-8")
        as_yaml = plain.with_suffix(".yaml")
        as_yaml.write_text(convert_text(plain.read_text(encoding="utf-8"), "yaml"), encoding="utf-8")
        cases: dict[str, tuple[Path, list[str]]] = {
            "plain prototxt": (plain, []),
            "plain YAML": (as_yaml, []),
            "blocks": (BLOCKS, [DEPTH]),
        }
        if LARGEST.is_file():
            cases["air152 prototxt"] = (LARGEST, [])
        times: dict[str, list[float]] = {name: [] for name in cases}
        for number in range(args.rounds + 1):  # the first round imports what the others need
            for name, (model, changes) in cases.items():
                taken = seconds(model, changes)
                if number:
                    times[name].append(taken)
    print(f"{'':<16} {'median':>8} {'least':>8} {'prototxt':>8} {'YAML':>8}")
    result = {}
    for name, of_rounds in times.items():
        result[name] = {"median": statistics.median(of_rounds), "least": min(of_rounds)}
        for other in ("plain prototxt", "plain YAML"):
            ratios = (a / b for a, b in zip(of_rounds, times[other], strict=True))
            result[name][f"to {other}"] = statistics.median(ratios)
        print(f"{name:<16} " + " ".join(f"{value:8.3f}" for value in result[name].values()))
    if args.json:
        args.json.write_text(json.dumps({"rounds": args.rounds, "seconds": result}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
