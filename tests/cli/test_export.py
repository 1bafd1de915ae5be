"""``layerzoo export``."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.weights import read


def test_entry_is_exported_as_weights_and_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for form in ("caffemodel", "safetensors", "python"):
        assert main(["export", "-zoo", "mlp-digits", "-format", form]) == 0
    out = capsys.readouterr().out
    assert "mlp-digits.caffemodel: 50,826 params" in out
    assert "mlp_digits.py: output equals the net's (largest difference: " in out
    caffe, own = read(tmp_path / "mlp-digits.caffemodel"), read(tmp_path / "mlp-digits.safetensors")
    assert all(torch.equal(a, b) for name in own for a, b in zip(caffe[name], own[name], strict=True))
    assert main(["export", "-zoo", "mlp-digits", "-format", "python"]) == 1
    assert "mlp_digits.py already exists" in capsys.readouterr().err


def test_config_is_exported_in_its_form_for_deployment(tmp_path: Path) -> None:
    arguments = ["-model", "configs/mlp_train_test.yaml", "-weights", "zoo:mlp-digits"]
    assert main(["export", *arguments, "-format", "python", "-out", str(tmp_path / "mlp.py")]) == 0
    assert 'return {"prob": prob}' in (tmp_path / "mlp.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-zoo", "mlp-digits"], "-format is required"),
        (["-format", "onnx"], "-model or -zoo is required"),
        (["-zoo", "x", "-model", "y", "-format", "onnx"], "-model and -zoo exclude each other"),
        (["-zoo", "mlp-digits", "-format", "caffemodel", "-out", "x.onnx"], "ends in .caffemodel"),
    ],
)
def test_usage_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_set_changes_a_field(tmp_path: Path) -> None:
    net = ["-model", "configs/mlp_train_test.yaml", "-weights", "zoo:mlp-digits"]
    for index, where in enumerate((net, ["-zoo", "mlp-digits"])):
        target = tmp_path / f"mlp{index}.py"
        change = ["-set", "layer[prob].softmax_param.axis=0"] if index else ["-set", "name=changed"]
        assert main(["export", *where, *change, "-format", "python", "-out", str(target)]) == 0
        assert ("F.softmax(ip3, 0)" if index else "class changed(") in target.read_text()


def test_weights_of_another_net_are_refused_unless_lenient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = ["-model", "configs/mlp_train_test.yaml", "-weights", "zoo:lenet-digits"]
    target = tmp_path / "w.safetensors"
    arguments = ["export", *foreign, "-set", "layer[ip1].name=other", "-set", "layer[ip2].name=another"]
    assert main([*arguments, "-format", "safetensors", "-out", str(target)]) == 1
    assert "no blob of the weights fits the net" in capsys.readouterr().err
    assert main([*arguments, "-format", "safetensors", "-out", str(target), "-lenient"]) == 0
