"""Time reading, upgrading, checking and wiring a large net, and building it on the meta device.

    python benchmarks/load.py [-model FILE] [-rounds 10] [-json FILE]

Default of ``-model``: air152 in ``../shared/corpus`` (1,170 layers) if it exists, else ResNet-50 of the
configs. The first round also imports the layers that the net uses, and is reported separately. All times
are wall-clock seconds; of the later rounds the minimum and the median are shown.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from layerzoo.loader import load_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, NetState

ROOT = Path(__file__).parent.parent
LARGEST = ROOT.parent / "shared/corpus/soeaver+caffe-model/cls/air/deploy_air152.prototxt"
SHIPPED = ROOT / "configs/resnet50_train_val.prototxt"


def once(model: Path) -> tuple[dict[str, float], int]:
    """The seconds that each part takes, and the number of layers."""
    start = time.perf_counter()
    document = load_net(model)
    read = time.perf_counter()
    graph = graph_of(document, NetState(phase=TEST))
    wired = time.perf_counter()
    Net(graph, device="meta")
    built = time.perf_counter()
    parts = {"read": read - start, "wire": wired - read, "read+wire": wired - start, "build": built - wired}
    return parts, len(graph.layers)


def main() -> None:
    """Measure and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-model", type=Path, default=LARGEST if LARGEST.is_file() else SHIPPED)
    parser.add_argument("-rounds", type=int, default=10)
    parser.add_argument("-json", type=Path)
    args = parser.parse_args()
    first, layers = once(args.model)
    later = [once(args.model)[0] for _ in range(args.rounds)]
    print(f"{args.model.name}: {layers} layers")
    print(f"{'':<10} {'first':>8} {'least':>8} {'median':>8}")
    result = {}
    for part in first:
        times = [parts[part] for parts in later]
        result[part] = {"first": first[part], "least": min(times), "median": statistics.median(times)}
        print(f"{part:<10} " + " ".join(f"{seconds:8.3f}" for seconds in result[part].values()))
    if args.json:
        args.json.write_text(
            json.dumps({"model": args.model.name, "layers": layers, "seconds": result}) + "\n"
        )


if __name__ == "__main__":
    main()
