"""Reports of nets that say yes or no to several labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.errors import UsageError
from layerzoo.evaluation.several_labels import LabelsReport, average_precision, label_losses, report_labels
from layerzoo.loader import parse_net
from layerzoo.net import Net


def test_figures_are_those_of_the_definitions() -> None:
    probability = np.array([[0.9, 0.2], [0.8, 0.6], [0.3, 0.1], [0.1, 0.7]])
    true = np.array([[1.0, 0], [0, 1], [1, 0], [0, -1]])
    report = LabelsReport(["a", "b"], probability, true)
    first, second = report.per_label()
    assert first == {
        "label": "a", "samples": 2, "accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5,
        "average_precision": pytest.approx((1 + 2 / 3) / 2),
    }  # fmt: skip
    assert (second["samples"], second["accuracy"], second["f1"]) == (1, 1, 1), "-1 is left out"
    assert report.all_right == 0.5
    assert report.worst() == [
        {"sample": 1, "label": "a", "true": False, "probability": 0.8},
        {"sample": 2, "label": "a", "true": True, "probability": 0.3},
    ]
    assert report.as_json()["samples"] == 4


def test_average_precision_of_the_first_and_the_third() -> None:
    scores, true = np.array([0.1, 0.9, 0.5]), np.array([True, True, False])
    assert average_precision(scores, true) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(scores, np.zeros(3, bool)) is None


def net_of(folder: Path, loss: str) -> Net:
    (folder / "t.csv").write_text("x,y_1,y_2\n2,1,0\n-2,0,1\n2,1,1\n-2,0,0\n3,1,0\n")
    text = f"""layer:
- {{name: data, type: CSVData, top: [numbers, label],
    csv_data_param: {{source: "{folder / "t.csv"}", batch_size: 2}}}}
- {{name: score, type: InnerProduct, bottom: numbers, top: score, inner_product_param: {{num_output: 2}}}}
- {{name: loss, type: {loss}, bottom: [score, label], top: loss}}
"""
    net = Net(parse_net(text, format="yaml"), "TEST")
    net.params["score"][0].data[0], net.params["score"][0].data[1] = 9, 0
    net.params["score"][1].data.zero_()
    return net


def test_test_set_is_judged_by_the_loss_of_labels(tmp_path: Path) -> None:
    net = net_of(tmp_path, "SigmoidCrossEntropyLoss")
    report = report_labels(net, ["one", "two"])
    assert report.count == 5
    rows = report.per_label()
    assert [row["label"] for row in rows] == ["one", "two"]
    assert [row["accuracy"] for row in rows] == [1, 0.4]
    assert report.probability[:, 1].tolist() == [0.5] * 5


def test_other_nets_have_no_such_loss(tmp_path: Path) -> None:
    net = net_of(tmp_path, "EuclideanLoss")
    assert label_losses(net.graph) == []
    with pytest.raises(UsageError, match="has no loss that compares each score with a label of its own"):
        report_labels(net)
