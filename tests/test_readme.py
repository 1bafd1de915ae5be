"""The README: its configs, commands, links and programs work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import torch

from layerzoo.cli.main import layerzoo, main
from layerzoo.layer import LAYERS
from layerzoo.loader import load_net, load_solver, parse_net

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in order."""
    matches = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in matches if name == language]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the net and the solver of the README."""
    monkeypatch.chdir(tmp_path)
    net, solver, *_ = blocks("yaml")
    Path("net.yaml").write_text(net)
    Path("solver.yaml").write_text(solver)
    return tmp_path


def test_net_and_solver_load(shown: Path) -> None:
    assert [layer.name for layer in load_net("net.yaml").message.layer] == [
        "digits", "digits", "hidden", "relu", "score", "accuracy", "loss",
    ]  # fmt: skip
    overrides = re.findall(r"-set (\S+)", "".join(blocks("sh")))
    overrides = [change for change in overrides if not change.startswith("let.")]
    assert len(overrides) == 2
    solver = load_solver("solver.yaml", overrides)
    assert solver.message.base_lr == pytest.approx(0.02)
    assert solver.nets["net"][0].message.layer[2].inner_product_param.num_output == 256


def test_net_of_blocks_becomes_the_layers_that_are_named() -> None:
    net = parse_net(blocks("yaml")[2], format="yaml").message
    assert [layer.name for layer in net.layer[1:]] == [
        f"body/{run}/{name}" for run in range(3) for name in ("fc", "relu")
    ]
    assert [layer.inner_product_param.num_output for layer in net.layer[1::2]] == [64, 128, 256]


def test_data_layer_of_own_images_loads() -> None:
    (layer,) = parse_net(f"layer:\n{blocks('yaml')[-1]}", format="yaml").message.layer
    assert layer.type == "FolderData"
    assert layer.transform_param.warp_param.max_rotation == 15


def test_error_message_is_the_one_printed(shown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = Path("net.yaml").read_text()
    Path("net.yaml").write_text(net.replace("num_output: 128", "num_outputs: 128"))
    assert main(["convert", "net.yaml", "net.prototxt"]) == 2
    (message,) = [block for block in blocks("") if block.startswith("error:")]
    assert capsys.readouterr().err == message


def test_table_lists_every_command() -> None:
    table = README[README.index("| command |") : README.index("Flags are Caffe's")]
    commands = {
        name
        for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    }
    assert commands == set(layerzoo.list_commands(click.Context(layerzoo)))


def test_links_point_to_files() -> None:
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", README) if not t.startswith("https://")]
    assert {"CONTRIBUTING.md", "LICENSE"} <= set(targets)
    headings = {
        "#" + title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    }
    assert [t for t in targets if t not in headings and not (ROOT / t).exists()] == []
    scripts = set(re.findall(r"scripts/\w+", README))
    assert scripts == {"scripts/train", "scripts/test"}
    assert [s for s in scripts if not (ROOT / s).stat().st_mode & 0o100] == []


def test_python_program_runs(shown: Path) -> None:
    program = "\n".join(blocks("python"))
    names: dict[str, Any] = {}
    try:
        exec(program, names)  # the code is from the README
    finally:
        LAYERS._known.pop("Square", None)
    assert names["outputs"].keys() == {"accuracy", "loss"}
    assert names["report"].complete
    assert names["net"](x=torch.tensor([[1.0, 2.0, 3.0]]))["y"].tolist() == [[2.0, 8.0, 18.0]]
