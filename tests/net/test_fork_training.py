"""Training steps of nets of Caffe's forks: losses, gradients and changes of params."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo import pycaffe
from tests.by_rule import drawn, picked, rng

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "forks" / "train"
OF_LOSS, OF_SCALE = 2e-3, 2e-2
CASES = sorted(FOLDER.glob("*.npz"))


def test_recording_of_ssd_is_there() -> None:
    assert "ssd300_vgg_train" in {case.stem for case in CASES}


@pytest.mark.slow
@pytest.mark.parametrize("file", CASES, ids=[case.stem for case in CASES])
def test_steps_agree_with_their_recording(file: Path, tmp_path: Path) -> None:
    with np.load(file) as stored:
        recorded = dict(stored)
    (tmp_path / "net.prototxt").write_text(str(recorded["net"]))
    text = f'net: "{tmp_path / "net.prototxt"}" snapshot_prefix: "{tmp_path / "s"}" {recorded["solver"]}'
    (tmp_path / "solver.prototxt").write_text(text)
    solver = pycaffe.get_solver(str(tmp_path / "solver.prototxt"))
    net = solver.net
    types = {name: layer.type for name, layer in net.layer_dict.items()}
    for layer, blobs in net.params.items():
        for index, param in enumerate(blobs):
            param.data[...] = drawn(types[layer], layer, index, param.data.shape)
    for name in net.inputs:
        blob = net.blobs[name].data
        given = recorded.get(f"in/{name}")
        blob[...] = rng("in", name).standard_normal(blob.shape, dtype="f4") if given is None else given

    off = {}
    net.forward()
    for key, values in recorded.items():
        if key.startswith("out/"):
            name = key.removeprefix("out/")
            blob = np.asarray(net.blobs[name].data)
            off[key] = np.abs(picked(blob, name) / recorded[f"scale/{name}"] - values).max() / OF_LOSS
    net.backward()
    keys = {
        kind: [key for key in recorded if key.startswith(f"{kind}/")]
        for kind in ("param_diff", "delta1", "delta3")
    }
    for key in keys["param_diff"]:
        off[key] = _off(
            recorded, key, {layer: [p.diff for p in blobs] for layer, blobs in net.params.items()}
        )
    start = {layer: [p.data.copy() for p in blobs] for layer, blobs in net.params.items()}
    names = [str(name) for name in recorded["losses"]] if "losses" in recorded else None
    for step in range(1, 4 if keys["delta3"] else 2):
        for blobs in net.params.values():
            for param in blobs:
                param.diff[...] = 0
        solver.step(1)
        changed = {
            layer: [p.data - old for p, old in zip(blobs, start[layer], strict=True)]
            for layer, blobs in net.params.items()
        }
        for key in keys.get(f"delta{step}", ()):
            off[key] = _off(recorded, key, changed)
        if step < len(recorded["loss"]):
            wanted = np.atleast_1d(recorded["loss"][step])
            losses = [float(np.asarray(net.blobs[name].data).sum()) for name in names or net.outputs]
            off[f"loss {step}"] = np.abs(np.array(losses) / wanted - 1).max() / OF_LOSS
    assert len(off) > 50
    assert {key: float(value) for key, value in off.items() if not value <= 1} == {}


def _off(recorded, key, values) -> float:
    kind, layer, index = key.split("/")[0], *key.rpartition("/")[::2]
    layer = layer.removeprefix(f"{kind}/")
    found = picked(np.asarray(values[layer][int(index)]), layer, index)
    return float(np.abs(found / recorded[f"{kind}_scale/{layer}/{index}"] - recorded[key]).max() / OF_SCALE)
