"""Targets of nets, and their units."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.net.target_scales import regressions, target_scales
from layerzoo.schema import TEST, NetState


def graph(source: Path, loss: str, label: str = "label", layers: str = "", outputs: int = 2) -> Graph:
    text = f"""layer:
- {{name: data, type: CSVData, top: [numbers, label], csv_data_param: {{source: "{source}", batch_size: 4}}}}
- {{name: score, type: InnerProduct, bottom: numbers, top: score,
    inner_product_param: {{num_output: {outputs}}}}}
{layers}- {{name: loss, type: {loss}, bottom: [score, {label}], top: loss}}
"""
    return graph_of(parse_net(text, format="yaml"), NetState(phase=TEST))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = "".join(f"{n},{n},{100 * n + 7}.5\n" for n in range(5))
    (tmp_path / "t.csv").write_text("x,target 1,target 2\n" + rows)
    return tmp_path / "t.csv"


@pytest.mark.parametrize("loss", ["EuclideanLoss", "SmoothL1Loss", "L1Loss"])
def test_scales_are_those_of_the_columns(table: Path, loss: str) -> None:
    net = graph(table, loss)
    (found,) = regressions(net)
    scales = target_scales(net, found)
    assert [scale[0] for scale in scales] == [2, 207.5]
    assert [scale[1] for scale in scales] == pytest.approx([2**0.5, 100 * 2**0.5])


def test_targets_are_found_through_layers_that_keep_values_and_order(table: Path) -> None:
    split = "- {name: split, type: Split, bottom: label, top: same}\n"
    net = graph(table, "EuclideanLoss", "same", split)
    assert len(target_scales(net, regressions(net)[0])) == 2
    part = "- {name: part, type: Slice, bottom: label, top: [first, second]}\n"
    assert regressions(graph(table, "EuclideanLoss", "second", part, 1)) == [], "it has one of the columns"
    power = "- {name: power, type: Power, bottom: label, top: twice, power_param: {scale: 2}}\n"
    assert regressions(graph(table, "EuclideanLoss", "twice", power)) == []


def test_losses_of_classes_have_none(table: Path) -> None:
    net = graph(table, "SigmoidCrossEntropyLoss")
    assert regressions(net) == []
    assert target_scales(net, net.layers[-1]) == ()
