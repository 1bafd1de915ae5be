"""``layerzoo to-python``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = 'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 3 } }'


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path / "net.prototxt"


def test_program_is_printed_or_written(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["to-python", str(net)]) == 0
    program = capsys.readouterr().out
    assert "    n.ip = L.InnerProduct(num_output=3, bottom=['x'])\n" in program
    target = net.with_suffix(".py")
    assert main(["to_python", str(net), str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    assert target.read_text() == program


def test_overrides_change_the_program(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["to-python", str(net), "-set", "layer[ip].inner_product_param.num_output=4"]) == 0
    assert "num_output=4" in capsys.readouterr().out


def test_usage_errors(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["to-python", "none.prototxt"]) == 2
    assert "no file 'none.prototxt'" in capsys.readouterr().err
    assert main(["to-python", str(net), str(net.parent / "none" / "net.py")]) == 1
    assert "can't be written" in capsys.readouterr().err
