"""The paths that may follow -set."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.override_paths import override_paths

SOLVER, NET = "configs/lenet_solver.yaml", "configs/lenet_train_test.yaml"


def paths(incomplete: str, solver: str | None = None, model: str | None = None) -> list[str]:
    return [one.path for one in override_paths(incomplete, solver, model)]


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("lr_p", ["lr_policy="]),
        ("net.lay", ["net.layer["]),
        ("net.layer[co", ["net.layer[conv1]", "net.layer[conv2]"]),
        ("net.layer[conv1].convolution_param.wei", ["net.layer[conv1].convolution_param.weight_filler."]),
        (
            "net.layer[conv1].convolution_param.weight_filler.ty",
            ["net.layer[conv1].convolution_param.weight_filler.type="],
        ),
        ("nothing.x", []),
        ("base_lr.x", []),
        ("test_net[0].nam", ["test_net[0].name="]),
    ],
)
def test_paths_of_a_solver(incomplete: str, expected: list[str]) -> None:
    assert paths(incomplete, SOLVER) == expected


def test_paths_of_a_net() -> None:
    assert paths("layer[co", model=NET) == ["layer[conv1]", "layer[conv2]"]
    assert paths("nam", model=NET) == ["name="]
    assert paths("layer[x", model=NET) == []
    assert "net." in paths("ne", SOLVER)


def test_field_has_its_comment() -> None:
    (one,) = override_paths("base_lr", SOLVER, None)
    assert one.help != ""


def test_constants_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text("let { depth: 50 width: 2 }")
    assert paths("let.de", model=str(tmp_path / "n.prototxt")) == ["let.depth="]
    (tmp_path / "s.prototxt").write_text('net: "n.prototxt"')
    assert paths("net.let.", solver=str(tmp_path / "s.prototxt")) == ["net.let.depth=", "net.let.width="]
