"""``layerzoo expand``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.loader import load_net
from tests.expansion.configs import FC, HEAD, call

NET = "let { n: 4 } " + HEAD + FC + call('net: "fc" times: 2 with { n: ${n} }')


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.prototxt"
    path.write_text(NET, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".prototxt", ".yaml"])
def test_written_net_is_plain_and_equal(net: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = net.with_name("plain" + suffix)
    assert main(["expand", str(net), str(target), "-set", "let.n=6"]) == 0
    assert "5 layers" in capsys.readouterr().out
    text = target.read_text("utf-8")
    assert "Call" not in text
    assert "${" not in text
    assert load_net(target).message == load_net(net, ["let.n=6"]).message
    assert load_net(target).message.layer[1].inner_product_param.num_output == 6


def test_net_is_printed_without_a_target(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expand", "net.prototxt"]) == 0
    out = capsys.readouterr().out
    assert 'name: "a/1/relu"' in out
    assert "# net.prototxt:4:3, in block 'fc', called at net.prototxt:8:1 with n=4, bias=true" in out


def test_target_that_can_not_be_written_and_the_source_itself_are_errors(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["expand", "net.prototxt", "net.prototxt"]) == 2
    assert "are the same file" in capsys.readouterr().err
    assert main(["expand", "net.prototxt", "none/out.prototxt"]) == 1
    assert "can't be written" in capsys.readouterr().err
    assert net.read_text("utf-8") == NET
