"""The cases of the benchmarks: a net as a config and by hand, and its batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.peers import nets

CONFIGS = Path(__file__).parents[2] / "configs"

MLP = """
name: "MLP"
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 128 dim: 784 } shape { dim: 128 }
  data_filler { type: "constant" value: 0.5 } data_filler { type: "constant" value: 1 } } }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
  inner_product_param { num_output: 512 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  inner_product_param { num_output: 256 weight_filler { type: "xavier" } } }
layer { name: "relu2" type: "ReLU" bottom: "ip2" top: "ip2" }
layer { name: "ip3" type: "InnerProduct" bottom: "ip2" top: "ip3"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip3" bottom: "label" top: "loss" }
"""

LSTM = """
name: "LSTM"
layer { name: "data" type: "DummyData" top: "data" top: "cont" top: "label" dummy_data_param {
  shape { dim: 32 dim: 32 dim: 256 } shape { dim: 32 dim: 32 } shape { dim: 32 dim: 32 }
  data_filler { type: "constant" value: 0.5 } data_filler { type: "constant" value: 1 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "lstm1" type: "LSTM" bottom: "data" bottom: "cont" top: "lstm1"
  recurrent_param { num_output: 256 weight_filler { type: "uniform" min: -0.08 max: 0.08 } } }
layer { name: "lstm2" type: "LSTM" bottom: "lstm1" bottom: "cont" top: "lstm2"
  recurrent_param { num_output: 256 weight_filler { type: "uniform" min: -0.08 max: 0.08 } } }
layer { name: "ip" type: "InnerProduct" bottom: "lstm2" top: "ip"
  inner_product_param { num_output: 64 axis: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss"
  softmax_param { axis: 2 } }
"""


@dataclass(frozen=True)
class Case:
    """A net of the benchmark.

    Attributes:
        net: as a module of torch.
        batch: samples of a batch.
        shape: of a sample; for the LSTM (steps, values).
        config: its text, or the name of its file.
    """

    net: Callable[[], nn.Module]
    batch: int
    shape: tuple[int, ...]
    config: str

    def inputs(self, batch: int | None = None) -> Tensor:
        """A batch of random numbers."""
        count = batch or self.batch
        generator = torch.Generator().manual_seed(0)
        if len(self.shape) == 2:
            return torch.rand(self.shape[0], count, self.shape[1], generator=generator)
        return torch.rand(count, *self.shape, generator=generator)

    def labels(self, batch: int | None = None) -> Tensor:
        """Random labels of a batch: equal ones are learned at once, and gradients become denormal numbers."""
        count = (batch or self.batch) * (self.shape[0] if len(self.shape) == 2 else 1)
        return torch.randint(10, (count,), generator=torch.Generator().manual_seed(1))


CASES = {
    "lenet": Case(nets.lenet, 64, (1, 28, 28), "lenet_train_test.prototxt"),
    "cifar10_quick": Case(nets.cifar10_quick, 100, (3, 32, 32), "cifar10_quick_train_test.prototxt"),
    "alexnet": Case(nets.alexnet, 16, (3, 227, 227), "alexnet_train_val.prototxt"),
    "googlenet": Case(nets.GoogLeNet, 4, (3, 224, 224), "googlenet_train_val.prototxt"),
    "resnet50": Case(nets.resnet50, 8, (3, 224, 224), "resnet50_train_val.prototxt"),
    "mobilenet_v1": Case(nets.mobilenet_v1, 8, (3, 224, 224), "mobilenet_v1_train_val.prototxt"),
    "squeezenet": Case(nets.squeezenet, 8, (3, 227, 227), "squeezenet_train_val.prototxt"),
    "mlp": Case(nets.mlp, 128, (784,), MLP),
    "lstm": Case(nets.LSTM, 32, (32, 256), LSTM),
}
