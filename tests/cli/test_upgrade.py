"""``layerzoo upgrade``."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from layerzoo.cli.main import main
from layerzoo.loader import load_net, load_solver
from layerzoo.schema import NetParameter, SolverParameter, legacy_net

V1 = '# old\nname: "n"\nlayers { name: "r" type: RELU bottom: "x" top: "x" }\n'
TODAY = '# of today\nname: "n"\nlayer { name: "r" type: "ReLU" bottom: "x" top: "x" }\n'
BINARY = 'layers { name: "f" type: INNER_PRODUCT blobs { data: 3 } blobs_lr: 2 }'


def upgrade(*args: object) -> int:
    return main(["upgrade", *map(str, args)])


def test_text_net_is_upgraded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.yaml"
    old.write_text(V1)
    assert upgrade(old, new) == 0
    assert capsys.readouterr().out == f"{new}: upgraded 1 layer of format V1\n"
    assert load_net(new).message.layer[0].type == "ReLU"
    assert load_net(new).notes == []
    assert old.read_text() == V1


def test_in_place_keeps_every_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    for backup in ("net.prototxt.bak", "net.prototxt.bak2"):
        path.write_text(V1)
        assert upgrade(path) == 0
        assert f"the old file was kept as {tmp_path / backup}" in capsys.readouterr().out
        assert (tmp_path / backup).read_text() == V1
    assert load_net(path).notes == []
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, path.name + ".bak", path.name + ".bak2"]


def test_current_file_is_unchanged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, copy = tmp_path / "net.prototxt", tmp_path / "copy.prototxt"
    path.write_text(TODAY)
    assert upgrade(path) == 0
    assert upgrade(path, copy) == 0
    assert path.read_text() == copy.read_text() == TODAY
    assert capsys.readouterr().out.count("nothing to upgrade") == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_solver_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "solver.prototxt"
    path.write_text(
        'net_param { layers { type: TANH top: "y" bottom: "x" } }\nbase_lr: 1 solver_type: ADAM\n'
    )
    assert upgrade(path) == 0
    solver = load_solver(path).message
    assert (solver.type, solver.net_param.layer[0].type) == ("Adam", "TanH")


def test_binary_net_is_upgraded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, text = tmp_path / "old.caffemodel", tmp_path / "net.prototxt"
    path.write_bytes(text_format.Parse(BINARY, legacy_net()()).SerializeToString())
    assert upgrade(path, text) == 0
    assert "weight blobs dropped, which text files can't hold: 1" in capsys.readouterr().out
    assert load_net(text).message.layer[0].param[0].lr_mult == 2
    assert upgrade(path) == 0
    (layer,) = NetParameter.FromString(path.read_bytes()).layer
    assert (layer.type, list(layer.blobs[0].data)) == ("InnerProduct", [3])
    assert (tmp_path / "old.caffemodel.bak").is_file()


def test_binary_solver_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "solver.pb"
    old = SolverParameter(net="n", solver_type=SolverParameter.ADAGRAD, display=1)
    path.write_bytes(old.SerializeToString())
    assert upgrade(path) == 0
    new = SolverParameter.FromString(path.read_bytes())
    assert (new.net, new.type, new.display, new.HasField("solver_type")) == ("n", "AdaGrad", 1, False)


def test_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    assert upgrade(path) == 2
    assert "can't be read: No such file" in capsys.readouterr().err
    path.write_text("layers { type: RELU\n  nonsense: 3 }")
    assert upgrade(path) == 2
    assert f"{path}:2:3: unknown field 'nonsense'" in capsys.readouterr().err
    path.write_text(V1)
    assert upgrade(path, tmp_path / "no" / "net.prototxt") == 1
    assert "can't be written" in capsys.readouterr().err
    broken = tmp_path / "x.caffemodel"
    broken.write_bytes(b"\x01\xff\xff")
    assert upgrade(broken) == 2
    assert "is not a binary net" in capsys.readouterr().err
