"""Long nets folded into blocks, and expanded to the same message."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.folding import folded
from layerzoo.loader import load_net, parse_net
from tests.shipped import FOLDER

FLAT = sorted(path for path in FOLDER.glob("*.prototxt") if "solver" not in path.name)
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "soeaver+caffe-model" / "cls"
LINES = {
    "resnet50_train_val": 150,
    "resnet18_train_val": 110,
    "googlenet_train_val": 110,
    "densenet121_train_val": 150,
    "senet50_train_val": 150,
}
"""The largest number of lines of a folded net."""


def test_there_are_flat_nets_to_fold() -> None:
    assert len(FLAT) >= 20


@pytest.mark.parametrize("path", FLAT, ids=lambda path: path.stem)
def test_folded_net_expands_to_the_same_message(path: Path) -> None:
    net = load_net(path).message
    text = folded(net)
    assert parse_net(text, format="yaml").message == net
    assert len(text.splitlines()) <= LINES.get(path.stem, len(path.read_text("utf-8").splitlines()))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus")
@pytest.mark.parametrize(
    "name",
    [
        "air/deploy_air152",
        "resnet/deploy_resnet50",
        "resnet/deploy_resnet101",
        "resnet/deploy_resnet152",
        "resnet-v2/deploy_resnet269-v2",
    ],
)
def test_published_nets_have_under_150_lines(name: str) -> None:
    net = load_net(CORPUS / f"{name}.prototxt").message
    text = folded(net)
    assert parse_net(text, format="yaml").message == net
    assert len(text.splitlines()) < 150


def test_dollar_braces_of_a_flat_net_stay_text() -> None:
    layers = "".join(
        f'layer {{ name: "a{k}${{x}}" type: "ReLU" bottom: "d{k}" top: "t{k}" }}'
        f'layer {{ name: "b{k}" type: "TanH" bottom: "t{k}" top: "d{k + 1}" }}'
        f'layer {{ name: "c{k}" type: "Silence" bottom: "t{k}" }}'
        for k in range(20)
    )
    text = 'name: "${n}" layer { name: "in" type: "Input" top: "d0" }' + layers
    net = parse_net(text, format="prototxt").message
    assert net.name == "${n}"
    result = folded(net)
    assert parse_net(result, format="yaml").message == net
    assert len(result.splitlines()) <= 20
