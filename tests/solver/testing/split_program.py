"""Tests nets in one process or several, and prints the scores of each process as JSON.

python -m tests.solver.testing.split_program
"""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor

from layerzoo.engine.strategies.whole_net import test_step
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import WeightAverage
from layerzoo.ranks import Ranks
from layerzoo.schema import EMAParameter, SolverParameter
from layerzoo.solver.actions import Action, Actions
from layerzoo.solver.testing.net_tests import NetTests
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.tester import Tester

DIGITS = """
layer { name: "d" type: "Dataset" top: "x" top: "t"
        dataset_param { name: "digits" size: 8 split: "test" batch_size: 50 } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "c"
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "ip" type: "InnerProduct" bottom: "c" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "t" top: "acc" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
DETECTIONS = """
layer { name: "d" type: "DummyData" top: "det" top: "gt" dummy_data_param {
  shape { dim: 1 dim: 1 dim: 2 dim: 7 } shape { dim: 1 dim: 1 dim: 1 dim: 8 } } }
layer { name: "e" type: "DetectionEvaluate" bottom: "det" bottom: "gt" top: "map"
  detection_evaluate_param { num_classes: 4 } }
"""
PIXELS = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 4 dim: 5 dim: 5 } shape { dim: 2 dim: 1 dim: 5 dim: 5 } } }
layer { name: "iou" type: "MeanIOU" bottom: "x" bottom: "t" top: "iou" }
"""


def run(ranks: Ranks) -> dict[str, Any]:
    """The scores of several tests, as hexadecimal numbers, and what else shows how they ran."""
    found: dict[str, Any] = {"sizes": [], "told": 0}

    def tell(index: int, scores: Scores) -> None:
        found["told"] += 1

    whole, sizes = _digits(ranks, None), found["sizes"]
    whole.net.data_layers[0].register_forward_hook(lambda _, __, tops: sizes.append(len(tops[0])))
    tests = NetTests(SolverParameter(), [whole], test_step, None, ranks)
    found["whole"] = _hex(tests.run(0, tell))
    found["sizes"] = list(sizes)
    found["whole"] += _hex(tests.run(0, tell))
    found["statistics"] = [float(blob.flatten()[0]) for blob in whole.net.params["bn"][:2]]

    continued = NetTests(SolverParameter(), [_digits(ranks, 5)], test_step, None, ranks)
    found["continued"] = [_hex(continued.run(0, tell)) for _ in range(3)]

    stopping, actions = NetTests(SolverParameter(), [_digits(ranks, 5)], test_step, None, ranks), Actions()
    stopping.run(0, tell)
    if ranks.rank == ranks.count - 1:
        actions.ask(Action.STOP)
    stopped = stopping.run_unless_stopped(0, tell, actions) is None
    at = stopping.testers[0].cursor
    actions.take(Ranks())
    found["after_stop"] = _hex(stopping.run_unless_stopped(0, tell, actions) or [])
    found["stopped"] = [stopped, at, stopping.testers[0].cursor]

    tester = _digits(ranks, None)
    average = WeightAverage(EMAParameter(), tester.net.learnable)
    with torch.no_grad():
        for param in tester.net.learnable:
            if param.requires_grad:
                param.mul_(0.5)
    averaged = NetTests(
        SolverParameter(ema_param=EMAParameter(test=True)), [tester], test_step, average, ranks
    )
    found["averaged"] = _hex(averaged.run(0, tell)) + _hex([s for s in averaged.scores if s])

    for name, text, made in (("map", DETECTIONS, _rows), ("pixels", PIXELS, _pixels)):
        pooling = NetTests(SolverParameter(), [Tester(Net(parse_net(text)), 11)], made, None, ranks)
        found[name] = _hex(pooling.run(0, tell))
    return found


def _digits(ranks: Ranks, iterations: int | None) -> Tester:
    """The tester of a net whose BatchNorm has other statistics in each process."""
    tester = Tester(Net(parse_net(DIGITS), seed=7), iterations)
    with torch.no_grad():
        for blob in tester.net.params["bn"]:
            blob.fill_(ranks.rank + 1.0)
    return tester


def _rows(net: Net, batch: int) -> list[Tensor]:
    """Made-up detections of three classes, as `DetectionEvaluate` lists them."""
    drawn = torch.Generator().manual_seed(batch)
    count = 5 + batch
    heads = torch.tensor([[-1.0, label, 3 + batch % 2, -1, -1] for label in (1, 2, 3)])
    label = torch.randint(1, 4, (count,), generator=drawn).float()
    right = torch.randint(0, 2, (count,), generator=drawn).float()
    score = torch.randint(0, 8, (count,), generator=drawn).float() / 8  # some are equal
    rows = torch.stack((torch.zeros(count), label, score, right, 1 - right), 1)
    return [torch.cat((heads, rows))[None, None]]


def _pixels(net: Net, batch: int) -> list[Tensor]:
    """Made-up counts of pixels by class."""
    drawn = torch.Generator().manual_seed(batch)
    return [torch.randint(0, 1000, (1, 1, 4, 4), generator=drawn).float()]


def _hex(scores: list[Scores]) -> list[str]:
    found = []
    for one in scores:
        for name, values in one.values.items():
            found += [f"{name} {value.hex()}" for value in values]
        for name, classes in one.by_class.items():
            found += [f"{name}.{label} {value.hex()}" for label, value in classes.items()]
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(run(Ranks.from_environment())))
