"""Nets of the zoo run by other engines."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError, ZooError
from layerzoo.export.engines import ENGINES
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo import ZooNet, engines, load
from layerzoo.zoo.engines import exported, use_engine

pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    pytest.importorskip(name, reason=f"the extra '{name}' is not installed")
    return name


def test_use_engine_gives_the_scores_of_the_net(engine: str) -> None:
    images = torch.rand(5, 1, 28, 28)
    wanted = load("lenet-digits").scores(images)
    net = load("lenet-digits")
    use_engine(net, engine)
    assert not isinstance(getattr(net.compute, "__self__", None), ZooNet), "the engine computes"
    for count in (5, 1, 3):
        torch.testing.assert_close(net.scores(images[:count]), wanted[:count], rtol=1e-4, atol=1e-5)


def test_use_engine_exports_an_entry_once_and_again_after_damage(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    export = engines.export_onnx

    def counting(net: Net, path: Path, inputs: dict[str, torch.Tensor] | None) -> float:
        written.append(path)
        return export(net, path, inputs)

    monkeypatch.setattr(engines, "export_onnx", counting)
    net = load("lenet-digits")
    assert net.entry is not None
    file = exported(net.entry.id)
    assert (file.parent, net.entry.id in file.name) == (home / "exported", True)
    for _ in range(2):
        use_engine(net, "onnxruntime")
        assert written == [file]
    file.write_bytes(file.read_bytes()[:1000])
    use_engine(net, "onnxruntime")
    assert written == [file, file]
    assert net.scores(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_use_engine_exports_again_if_a_file_gives_other_outputs() -> None:
    net = load("lenet-digits")
    assert net.entry is not None
    wanted = net.scores(torch.ones(1, 1, 28, 28))
    use_engine(net, "onnxruntime")
    other = load("lenet-digits", check=False)
    with torch.no_grad():
        other.net.params["ip2"][0].mul_(2)
    engines.export_onnx(other.net, exported(net.entry.id))
    use_engine(net, "onnxruntime")
    torch.testing.assert_close(net.scores(torch.ones(1, 1, 28, 28)), wanted, rtol=1e-4, atol=1e-5)


def test_use_engine_refuses_what_it_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "layer:\n- {name: x, type: Input, top: [x, y], input_param: {shape: [{dim: 1}, {dim: 1}]}}\n"
    net = ZooNet(Net(parse_net(text, format="yaml")))
    with pytest.raises(UsageError, match="onnxruntime runs entries of the zoo"):
        use_engine(net, "onnxruntime")
    net.entry = load("lenet-digits").entry
    with pytest.raises(ZooError, match="has 2 inputs; onnxruntime runs nets of one input"):
        use_engine(net, "onnxruntime")
