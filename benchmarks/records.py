"""Time reading records of an LMDB, and training LeNet from one.

    python benchmarks/records.py [-rounds 5] [-iterations 300] [-json FILE]

Two databases are made in a temporary folder: 10,000 Datums of 28 x 28 bytes, and 500 of JPEG images of
300 x 300. They are read in batches of 64 in the order of the keys, as `Data` does. Then LeNet trains from the
first one, for so many iterations. Each figure is the best of the rounds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from layerzoo.data.datum import write_datums
from layerzoo.data.image import encode
from layerzoo.data.lmdb_records import LMDBRecords, write_lmdb
from layerzoo.loader import load_solver
from layerzoo.schema import Datum
from layerzoo.solver import Solver

BATCH = 64


def records_a_second(path: Path, rounds: int) -> float:
    """The rate of reading all records in batches, once the database is open."""
    records = LMDBRecords(path)
    batches = [range(at, min(at + BATCH, len(records))) for at in range(0, len(records), BATCH)]
    best = 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        for batch in batches:
            records.read(batch)
        best = max(best, len(records) / (time.perf_counter() - start))
    return best


def opened(path: Path, rounds: int) -> float:
    """Seconds until the first record of a database has been read."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        LMDBRecords(path).read([0])
        times.append(time.perf_counter() - start)
    return min(times)


def iterations_a_second(folder: Path, iterations: int, rounds: int) -> float:
    """The rate of LeNet's iterations, fed by the database."""
    text = f"""
        net_param {{
          layer {{ name: "mnist" type: "Data" top: "data" top: "label"
            transform_param {{ scale: 0.00390625 }}
            data_param {{ source: "{folder / "digits"}" batch_size: {BATCH} backend: LMDB }} }}
          layer {{ name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
            convolution_param {{ num_output: 20 kernel_size: 5 weight_filler {{ type: "xavier" }} }} }}
          layer {{ name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
            pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}
          layer {{ name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
            convolution_param {{ num_output: 50 kernel_size: 5 weight_filler {{ type: "xavier" }} }} }}
          layer {{ name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2"
            pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}
          layer {{ name: "ip1" type: "InnerProduct" bottom: "pool2" top: "ip1"
            inner_product_param {{ num_output: 500 weight_filler {{ type: "xavier" }} }} }}
          layer {{ name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }}
          layer {{ name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
            inner_product_param {{ num_output: 10 weight_filler {{ type: "xavier" }} }} }}
          layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }}
        }}
        base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" max_iter: 100000 display: 0
        random_seed: 1 solver_mode: CPU
        snapshot_prefix: "{folder / "run"}" snapshot_after_train: false
    """
    (folder / "solver.prototxt").write_text(text)
    solver = Solver(load_solver(folder / "solver.prototxt"))
    solver.step(20)
    best = 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        solver.step(iterations)
        best = max(best, iterations / (time.perf_counter() - start))
    return best


def main() -> None:
    """Measure and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-rounds", type=int, default=5)
    parser.add_argument("-iterations", type=int, default=300)
    parser.add_argument("-json", type=Path)
    args = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digits = random.integers(0, 256, (10_000, 1, 28, 28), np.uint8)
        write_datums(folder / "digits", digits, [index % 10 for index in range(10_000)])
        small = random.integers(0, 256, (3, 100, 100), np.uint8)
        jpeg = encode(np.kron(small, np.ones((1, 3, 3), np.uint8)), "jpg", "image")
        datum = Datum(data=jpeg, encoded=True, label=1).SerializeToString()
        write_lmdb(folder / "jpegs", ((b"%08d" % index, datum) for index in range(500)))
        result = {
            "opened_seconds": opened(folder / "digits", args.rounds),
            "digits_records_a_second": records_a_second(folder / "digits", args.rounds),
            "jpeg_bytes": len(jpeg),
            "jpegs_records_a_second": records_a_second(folder / "jpegs", args.rounds),
            "lenet_iterations_a_second": iterations_a_second(folder, args.iterations, args.rounds),
        }
    for key, value in result.items():
        print(f"{key:<28} {value:,.3f}")
    if args.json:
        args.json.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
