"""The data layer of a net with what it learned from its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data import fitted
from layerzoo.data.fitted import fitted_layer, fitted_text, parsed_layer
from layerzoo.errors import DataError
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, NetState

NET = """
layer:
  - {{name: data, type: CSVData, top: [numbers, label], include: {{phase: TRAIN}},
      csv_data_param: {{source: {0}/train.csv, batch_size: 2}}}}
  - {{name: data, type: CSVData, top: [numbers, label], include: {{phase: TEST}},
      csv_data_param: {{source: {0}/test.csv, batch_size: 2}}}}
  - {{name: ip, type: InnerProduct, bottom: numbers, top: ip, inner_product_param: {{num_output: 2}}}}
  - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}}
"""


def graphs(folder: Path) -> list[object]:
    (folder / "train.csv").write_text("x,label\n1,no\n3,yes\n")
    (folder / "test.csv").write_text("x,label\n100,no\n300,yes\n")
    net = parse_net(NET.format(folder), format="yaml")
    return [graph_of(net, NetState(phase=phase)) for phase in (TRAIN, TEST)]


def test_source_that_trains_decides(tmp_path: Path) -> None:
    train, test = graphs(tmp_path)
    layer = fitted_layer(train, test)  # type: ignore[arg-type]
    assert layer is not None
    p = layer.csv_data_param
    assert not p.source
    assert not layer.include
    assert (layer.phase, [c.name for c in p.column]) == (TEST, ["x", "label"])
    assert (p.column[0].mean, p.column[0].std, list(p.column[1].category)) == (2, 1, ["no", "yes"])


def test_text_is_read_again(tmp_path: Path) -> None:
    text = fitted_text(*graphs(tmp_path))  # type: ignore[arg-type]
    assert parsed_layer(text, "here").csv_data_param.column[0].mean == 2


def test_source_that_is_gone_gives_none(tmp_path: Path) -> None:
    train, test = graphs(tmp_path)
    (tmp_path / "train.csv").unlink()
    assert fitted_text(train, test) == ""  # type: ignore[arg-type]


def test_layer_that_learned_too_much_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitted, "MAX_TEXT", 100)
    assert fitted_text(*graphs(tmp_path)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ['layer { type: "ReLU" }', 'layer { type: "FolderData" }', 'layer { type: "Nothing" }']
)
def test_other_configs_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="here: expected one data layer that reads new samples"):
        parsed_layer(text, "here")
