"""What nets do."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.studio.worker.describe import describe


@pytest.mark.parametrize(
    ("name", "kind", "tested"),
    [
        ("lenet-digits", "classify", True),
        ("ssd-shapes", "detect", False),
        ("yolov3-shapes", "detect", False),
        ("unet-shapes", "segment", True),
        ("autoencoder-digits", "image", False),
        ("char-transformer", "text", False),
        ("char-lstm", "none", False),
    ],
)
def test_kinds_of_the_shipped_entries(name: str, kind: str, tested: bool, home: Path) -> None:
    found = describe({"zoo": name})
    assert (found["kind"], found["tested"], found["draws"]) == (kind, tested, False)


def test_facts_of_a_classifier(home: Path) -> None:
    found = describe({"zoo": "lenet-digits"})
    assert found["labels"] == list("0123456789")
    assert (found["size"], found["channels"], found["images"]) == ([28, 28], 1, True)
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["conv1"] == {
        "name": "conv1",
        "type": "Convolution",
        "shape": [1, 20, 24, 24],
        "params": 520,
        "places": True,
    }
    assert not layers["ip2"]["places"]
