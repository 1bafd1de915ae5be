"""Reports of nets that predict numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.errors import UsageError
from layerzoo.evaluation.regression import RegressionReport, report_numbers
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.target_scales import is_regression


def test_figures_are_those_of_the_definitions() -> None:
    true = np.array([[0.0, 5], [2, 5], [4, 5]])
    report = RegressionReport(["a", "b"], true + np.array([[1, 0], [-1, 0], [0, 3]]), true, most=2)
    first, second = report.per_target()
    assert first["mean_absolute_error"] == pytest.approx(2 / 3)
    assert first["root_mean_squared_error"] == pytest.approx((2 / 3) ** 0.5)
    assert first["r_squared"] == pytest.approx(1 - (2 / 3) / (8 / 3))
    assert second["r_squared"] is None, "the target doesn't vary"
    assert report.worst()[0] == {"sample": 2, "target": "b", "true": 5, "predicted": 8}
    assert report.as_json()["samples"] == 3


def test_errors_are_in_the_units_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,target\n" + "".join(f"{n},{100 * n + 7}.5\n" for n in range(5)))
    net = Net(
        parse_net(
            f"""layer:
- {{name: data, type: CSVData, top: [numbers, label],
    csv_data_param: {{source: "{tmp_path / "t.csv"}", batch_size: 4}}}}
- {{name: score, type: Power, bottom: numbers, top: score, power_param: {{scale: 0}}}}
- {{name: loss, type: EuclideanLoss, bottom: [score, label], top: loss}}
""",
            format="yaml",
        ),
        "TEST",
    )
    assert is_regression(net.graph)
    report = report_numbers(net, ["price"])
    assert (report.count, report.names) == (5, ["price"])
    assert report.predicted[:, 0].tolist() == pytest.approx([207.5] * 5), "0 is the mean"
    assert sorted(report.true[:, 0].tolist()) == pytest.approx([7.5, 107.5, 207.5, 307.5, 407.5])
    assert report.per_target()[0]["r_squared"] == pytest.approx(0, abs=1e-6)


def test_net_without_targets_is_refused() -> None:
    net = Net(
        parse_net(
            "layer: [{name: x, type: DummyData, top: x, dummy_data_param: {shape: {dim: 1}}}]",
            format="yaml",
        ),
        "TEST",
    )
    assert not is_regression(net.graph)
    with pytest.raises(UsageError, match="no loss that compares predictions with numbers"):
        report_numbers(net)
