"""Writing a net in several formats."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.loader import parse_net
from layerzoo.migration import FORMATS
from layerzoo.migration.formats import Format, write_formats, write_weights
from layerzoo.net import Net
from tests.migration.test_migrate import TEXT


def test_weights_are_read_again_and_compared(tmp_path: Path) -> None:
    net = Net(parse_net(TEXT))
    path = tmp_path / "net.caffemodel"
    assert write_weights(net, path, {"data": torch.rand(1, 3, 12, 12)}) == 0
    assert path.stat().st_size > 4 * 2117


def test_format_that_fails_is_an_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(net: Net, path: Path, inputs: object) -> float:
        raise ExportError("no")

    monkeypatch.setitem(FORMATS, "python", Format(".py", fails, ".safetensors"))
    net = Net(parse_net(TEXT))
    found = write_formats(net, tmp_path, "net", {"data": torch.rand(1, 3, 12, 12)}, ("python", "caffemodel"))
    assert [(one.format, one.files, one.why) for one in found] == [
        ("python", (), "no"),
        ("caffemodel", ("net.caffemodel",), ""),
    ]
