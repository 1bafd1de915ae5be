"""Outputs pooled over the batches of a test: means, and SSD's mean average precision."""

from __future__ import annotations

import logging
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver, parse_net, parse_solver
from layerzoo.net import Net
from layerzoo.schema import ScoreParameter
from layerzoo.solver import Solver
from layerzoo.solver.testing.pooled import Pooled
from layerzoo.solver.testing.score import Score
from tests.conformance import FOLDER

RECORDED = sorted(path.stem for path in (FOLDER / "forks" / "map").glob("*.npz"))
NET = """
layer { name: "d" type: "Input" top: "det" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 7 } } }
layer { name: "g" type: "Input" top: "gt" input_param { shape { dim: 1 dim: 1 dim: 1 dim: 8 } } }
layer { name: "e" type: "DetectionEvaluate" bottom: "det" bottom: "gt" top: "map"
  detection_evaluate_param { num_classes: 4 } }
"""


def recorded_solver(name: str, folder: Path) -> tuple[Solver, dict[str, np.ndarray]]:
    with np.load(FOLDER / "forks" / "map" / f"{name}.npz") as stored:
        case = dict(stored)
    with h5py.File(folder / "data.h5", "w") as file:
        file["det"], file["gt"] = case["data/det"], case["data/gt"]
    (folder / "list.txt").write_text(str(folder / "data.h5"))
    (folder / "train.prototxt").write_text(str(case["train"]))
    (folder / "test.prototxt").write_text(str(case["test"]))
    (folder / "solver.prototxt").write_text(f"{case['solver']} solver_mode: CPU")
    return Solver(load_solver(folder / "solver.prototxt")), case


@pytest.mark.parametrize("name", RECORDED)
def test_mean_average_precision_is_the_recorded_one(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(RECORDED) == 3
    solver, case = recorded_solver(name, tmp_path)
    caplog.set_level(logging.INFO)
    scores = solver.test()[0]
    assert scores.values["detection_eval"] == pytest.approx([float(case["map"])], abs=2e-6)
    assert list(scores.by_class["detection_eval"].values()) == pytest.approx(case["per_class"], abs=2e-6)
    lines = [record.getMessage().strip() for record in caplog.records]
    wanted = str(case["log"]).strip().splitlines()[:4]
    assert [line for line in lines if line in wanted] == wanted


def test_show_per_class_result_is_off_by_default(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    solver, _ = recorded_solver(RECORDED[0], tmp_path)
    solver.param.show_per_class_result = False
    caplog.set_level(logging.INFO)
    solver.test()
    assert "class1" not in caplog.text
    assert "detection_eval = 0.60611" in caplog.text


def test_mean_average_precision_is_the_score(tmp_path: Path) -> None:
    solver, case = recorded_solver(RECORDED[0], tmp_path)
    score = solver.scoring.score
    assert score is not None
    assert (score.output, score.higher_is_better) == ("detection_eval", True)
    assert solver.scoring.observe(solver.test(), 0) == pytest.approx(float(case["map"]), abs=2e-6)


def test_classes_without_detections_count_as_0() -> None:
    net = Net(parse_net(NET))
    pooled = Pooled(net)
    rows = [[-1, label, count, -1, -1] for label, count in ((1, 2), (2, 1), (3, 0))]
    pooled.add([torch.tensor([[[*rows, [0, 1, 0.9, 1, 0], [0, 2, 0.9, 0, 0]]]])])
    pooled.add([torch.tensor([[[*rows, [0, 1, 0.8, 1, 0]]]])])
    scores = pooled.scores()
    assert scores.by_class["map"] == {1: 0.5}, "2 of 4 objects, the ignored detection of class 2 left out"
    assert scores.values["map"] == pytest.approx([0.5 / 3])
    assert list(scores.class_lines()) == ["class1: 0.5"]


def test_outputs_without_batches_have_no_values() -> None:
    assert Pooled(Net(parse_net(NET))).scores().values == {"map": [0.0]}


def test_check_evaluation_names_the_field() -> None:
    net = 'layer { name: "i" type: "Input" top: "x" }'
    fields = 'base_lr: 1 lr_policy: "fixed" test_iter: 1 test_interval: 1'
    with pytest.raises(ConfigError, match="unknown eval_type 'detecton'"):
        Solver(parse_solver(f'{fields} eval_type: "detecton" net_param {{ {net} }}', format="prototxt"))
    with pytest.raises(ConfigError, match="unknown ap_version '12point'"):
        Solver(parse_solver(f'{fields} ap_version: "12point" net_param {{ {net} }}', format="prototxt"))
    with pytest.raises(ConfigError, match="no test net has an output of DetectionEvaluate"):
        Solver(parse_solver(f'{fields} eval_type: "detection" net_param {{ {net} }}', format="prototxt"))


PIXELS = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 1 dim: 4 } } }
layer { name: "t" type: "Input" top: "t" input_param { shape { dim: 1 dim: 1 dim: 1 dim: 4 } } }
layer { name: "m" type: "MeanIOU" bottom: "x" bottom: "t" top: "mean_iou" }
"""


def test_mean_iou_is_that_of_all_pixels_of_a_test() -> None:
    net = Net(parse_net(PIXELS))
    pooled = Pooled(net)
    for predicted, labels in (((0, 0, 1, 1), (0, 0, 0, 1)), ((0, 0, 0, 1), (0, 0, 0, 0))):
        scores = torch.nn.functional.one_hot(torch.tensor(predicted), 3).float().t().reshape(1, 3, 1, 4)
        outputs = net(x=scores, t=torch.tensor(labels).float().reshape(1, 1, 1, 4))
        pooled.add([outputs["mean_iou"]], share=0.5)
    scores = pooled.scores()
    # class 0: 5 right of 7 labelled and 5 predicted; class 1: 1 right of 1 labelled and 3 predicted
    assert scores.by_class["mean_iou"] == pytest.approx({0: 5 / 7, 1: 1 / 3})
    assert scores.values["mean_iou"] == pytest.approx([(5 / 7 + 1 / 3) / 2])
    assert list(scores.class_lines())[1] == "class1: 0.333333"


def test_mean_iou_is_the_score() -> None:
    text = PIXELS.replace(
        'layer { name: "m"',
        'layer { name: "l" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" top: "a_loss" } layer { name: "m"',
    )
    graph = Net(parse_net(text)).graph
    score = Score(ScoreParameter(), [graph])
    assert (score.output, score.higher_is_better) == ("mean_iou", True)
