"""LeNet with Caffe's settings on MNIST, read from an LMDB."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.data import write_datums
from layerzoo.loader import load_solver
from layerzoo.net import Feed, Net, Plan
from layerzoo.solver import Solver

CONFIGS = Path(__file__).parent.parent.parent / "configs"


def mnist(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's 10,000 test digits: images 10000 x 1 x 28 x 28, and labels."""
    with gzip.open(shared / "data/mnist/t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(10000, 1, 28, 28)
    with gzip.open(shared / "data/mnist/t10k-labels-idx1-ubyte.gz") as file:
        return images, np.frombuffer(file.read(), np.uint8, offset=8).astype(int)


@pytest.mark.slow
def test_lenet_learns_mnist_from_an_lmdb(shared: Path, tmp_path: Path) -> None:
    images, labels = mnist(shared)
    write_datums(tmp_path / "train", images[:8000], labels[:8000])
    write_datums(tmp_path / "test", images[8000:], labels[8000:])

    text = (CONFIGS / "lenet_train_test.yaml").read_text()
    for split in ("train", "test"):
        text = text.replace(
            f"  dataset_param:\n    name: digits\n    split: {split}\n",
            f"  transform_param: {{scale: 0.00390625}}\n"
            f"  data_param:\n    source: {split}\n    backend: LMDB\n",
        )
    (tmp_path / "lenet_train_test.yaml").write_text(text.replace("type: Dataset", "type: Data"))
    (tmp_path / "solver.yaml").write_text((CONFIGS / "lenet_solver.yaml").read_text())

    solver = Solver(load_solver(tmp_path / "solver.yaml", ["solver_mode=CPU", "display=0"]))
    assert solver.param.base_lr == pytest.approx(0.01)
    assert [layer.type_name for layer in solver.net.data_layers] == ["Data"]
    solver.step(2000)
    assert solver.scores[0] is not None
    accuracy = solver.test()[0].values["accuracy"][0]
    print(f"accuracy on the last 2,000: {accuracy:.4f}")
    assert accuracy >= 0.98


def test_published_lenet_scores_on_mnist(shared: Path, tmp_path: Path) -> None:
    """Published weights have the accuracy that Caffe computes for them: 99.16 % of all 10,000."""
    images, labels = mnist(shared)
    weights = shared / "weights/lenet_mnist/lenet_iter_9000.caffemodel"
    net = Net(CONFIGS / "lenet_train_test.yaml", weights=weights)
    right = 0
    feed, scores = net.graph.last["data"].index, net.graph.last["ip2"].index
    plan = Plan(net.graph, net.ordered_layers(), [scores], start=1, end=net.graph.blobs[scores].producer)
    with torch.inference_mode():
        for start in range(0, 10000, 1000):
            batch = torch.from_numpy(images[start : start + 1000] / np.float32(256))
            out = net.run(Feed({feed: batch}), plan)[scores]
            assert out is not None
            right += int((out.argmax(1).numpy() == labels[start : start + 1000]).sum())
    assert 9910 <= right <= 9920
