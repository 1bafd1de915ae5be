"""Training steps of whole nets of Caffe's forks: losses, gradients and updated params as recorded.

The README beside the recordings says what they hold. Params and images are drawn by its rule.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from layerzoo.solver import Solver

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "forks" / "train"
INPUTS = re.compile(r'layer \{ name: "\w+" type: "Input" top: "(\w+)".*\n')
LOSS, PICK = 2e-3, 2e-2
"""The README's tolerances: of a loss, and of a pick relative to the largest magnitude of its blob."""

Recorded = dict[str, np.ndarray]


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


def _solver(case: Recorded, folder: Path) -> Solver:
    """The recorded solver; an HDF5 file holds what was fed to the inputs."""
    text = str(case["net"])
    names = INPUTS.findall(text)
    tops = " ".join(f'top: "{name}"' for name in names)
    data = (
        f'layer {{ name: "in" type: "HDF5Data" {tops} hdf5_data_param {{ source: "l" batch_size: %d }} }}\n'
    )
    shape = tuple(map(int, re.findall(r"dim: (\d+)", INPUTS.search(text)[0])))  # type: ignore[index]
    (folder / "net.prototxt").write_text(data % shape[0] + INPUTS.sub("", text))
    (folder / "solver.prototxt").write_text(f'net: "net.prototxt" {case["solver"]}')
    (folder / "l").write_text("d.h5\n")
    with h5py.File(folder / "d.h5", "w") as file:
        for name in names:
            drawn = _rng("in", name).standard_normal(shape, dtype="f4")
            file[name] = case.get(f"in/{name}", drawn)
    return Solver(folder / "solver.prototxt", device="cpu")


@torch.no_grad()
def _draw_params(solver: Solver) -> None:
    for layer, blobs in solver.net.params.items():
        statistics = solver.net.layer(layer).type_name == "BatchNorm"
        for index, blob in enumerate(blobs):
            rng, shape = _rng(layer, index), tuple(blob.shape)
            if statistics:
                drawn = (rng.standard_normal(shape) * 0.1, rng.random(shape) + 0.5, np.ones(shape))[index]
            elif index == 0 and len(shape) > 1:
                drawn = rng.standard_normal(shape, dtype="f4") * np.sqrt(2 / np.prod(shape[1:]))
            elif index == 0:
                drawn = 1 + 0.2 * rng.standard_normal(shape)
            else:
                drawn = 0.1 * rng.standard_normal(shape)
            blob.copy_(torch.from_numpy(np.asarray(drawn)))


def _values(solver: Solver) -> dict[str, np.ndarray]:
    return {
        f"{layer}/{index}": blob.detach().numpy().ravel().copy()
        for layer, blobs in solver.net.params.items()
        for index, blob in enumerate(blobs)
    }


def _differences(case: Recorded, kind: str, values: dict[str, np.ndarray]) -> list[str]:
    """Blobs whose picks are off, by the kind of the recording: ``param_diff``, ``delta1``, ``delta3``."""
    keys = [key.removeprefix(f"{kind}/") for key in case if key.startswith(f"{kind}/")]
    assert keys
    found = []
    for key in keys:
        picked = _rng("pick", *key.rsplit("/", 1)).integers(0, values[key].size, len(case[f"{kind}/{key}"]))
        off = np.abs(values[key][picked] / case[f"{kind}_scale/{key}"] - case[f"{kind}/{key}"]).max()
        if not off <= PICK:
            found.append(f"{kind} {key}: off by {off:g}")
    return found


@pytest.mark.filterwarnings("ignore:::layerzoo")
@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.npz")))
def test_training_agrees_with_its_recording(name: str, tmp_path: Path) -> None:
    with np.load(FOLDER / f"{name}.npz") as stored:
        case = dict(stored)
    solver = _solver(case, tmp_path)
    _draw_params(solver)
    net, losses = solver.net, str(case["losses"]).split()

    net()
    for name_of, expected in zip(losses, case["loss"][0], strict=True):
        assert net.blobs[name_of].item() == pytest.approx(expected, rel=LOSS)
    net.loss().backward()
    grads = {
        f"{layer}/{index}": np.zeros(blob.shape).ravel() if blob.grad is None else blob.grad.numpy().ravel()
        for layer, blobs in net.params.items()
        for index, blob in enumerate(blobs)
    }
    assert _differences(case, "param_diff", grads) == []
    net.zero_grad()

    before = _values(solver)
    for step in (1, 2, 3):
        solver.step(1)
        if any(key.startswith(f"delta{step}/") for key in case):
            moved = {key: value - before[key] for key, value in _values(solver).items()}
            assert _differences(case, f"delta{step}", moved) == []
