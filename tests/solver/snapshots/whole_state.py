"""A small solver that depends on every part of a snapshot."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import lmdb
import numpy as np

from layerzoo.schema import Datum

_NET = """
name: "everything"
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        transform_param { mirror: true crop_size: 6 }
        dataset_param { name: "digits" size: 8 batch_size: 12 shuffle: true } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        transform_param { crop_size: 6 }
        dataset_param { name: "digits" size: 8 split: "test" batch_size: 12 } }
layer { name: "e" type: "Data" top: "y" include { phase: TRAIN }
        transform_param { mirror: true crop_size: 3 mean_value: 100 scale: 0.01 }
        data_param { source: "LMDB" backend: LMDB batch_size: 12 rand_skip: 5 prefetch: 2 } }
layer { name: "e" type: "Data" top: "y" include { phase: TEST }
        transform_param { crop_size: 3 mean_value: 100 scale: 0.01 }
        data_param { source: "LMDB" backend: LMDB batch_size: 12 } }
layer { name: "n" type: "DummyData" top: "z" top: "cont"
        dummy_data_param { shape { dim: 12 dim: 4 } shape { dim: 3 dim: 4 }
                           data_filler { type: "gaussian" } data_filler { value: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "c"
        convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "scale" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "c" top: "c" }
layer { name: "fx" type: "Flatten" bottom: "c" top: "fx" }
layer { name: "fy" type: "Flatten" bottom: "y" top: "fy" }
layer { name: "cat" type: "Concat" bottom: "fx" bottom: "fy" bottom: "z" top: "cat" }
layer { name: "drop" type: "Dropout" bottom: "cat" top: "cat" dropout_param { dropout_ratio: 0.3 } }
layer { name: "seq" type: "Reshape" bottom: "cat" top: "seq"
        reshape_param { shape { dim: 3 dim: 4 dim: -1 } } }
layer { name: "lstm" type: "LSTM" bottom: "seq" bottom: "cont" top: "h"
        recurrent_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "rows" type: "Reshape" bottom: "h" top: "rows" reshape_param { shape { dim: 12 dim: 5 } } }
layer { name: "ip" type: "InnerProduct" bottom: "rows" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "only" type: "Scale" bottom: "ip" top: "scaled" include { phase: TEST stage: "b" }
        scale_param { filler { type: "gaussian" } } }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""

SOLVER = """
net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3
test_iter: 3 test_iter: 2 test_state { stage: "a" } test_state { stage: "b" }
test_interval: 2 display: 1 average_loss: 3 iter_size: 2
base_lr: 0.05 lr_policy: "plateau" gamma: 0.5 plateau_param { patience: 2 threshold: 10 }
warmup_param { iterations: 4 } weight_decay: 0.001
clip_gradients: 5 gradient_noise_param { eta: 0.0001 }
ema_param { decay: 0.8 } score_param { output: "loss" test_net: 1 }
early_stopping_param { patience: 50 }
"""


def write_configs(folder: Path, solver: str = SOLVER) -> None:
    """Write ``solver.prototxt``, its net, and a small LMDB."""
    (folder / "net.prototxt").write_text(_NET.replace('"LMDB"', '"images"'))
    (folder / "solver.prototxt").write_text(solver)
    rng = np.random.default_rng(0)
    with (
        lmdb.open(str(folder / "images"), map_size=1 << 20) as environment,
        environment.begin(write=True) as t,
    ):
        for index in range(31):
            pixels = rng.integers(0, 256, (1, 5, 5), dtype=np.uint8).tobytes()
            datum = Datum(channels=1, height=5, width=5, data=pixels, label=index % 10)
            t.put(f"{index:08}".encode(), datum.SerializeToString())


def fingerprint(snapshot: Path) -> dict[str, str]:
    """Checksums of a snapshot's tensors, and the state in its text."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in snapshot.glob("*.safetensors")
    }
    text = json.loads((snapshot / "state.json").read_text())
    for name in ("checksum", "config", "files"):
        del text[name]
    return files | {name: json.dumps(value) for name, value in text.items()}


def metrics(run: Path) -> list[dict[str, object]]:
    """The rows of a run's metrics, without the times."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key not in {"seconds", "data_wait"}} for row in rows]
