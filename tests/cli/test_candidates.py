"""Candidates for the next word of a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.candidates import candidates
from layerzoo.cli.main import layerzoo


def values(*args: str) -> list[str]:
    return [item.value for item in candidates(layerzoo, args[:-1], args[-1])]


def kinds(*args: str) -> set[str]:
    return {item.type for item in candidates(layerzoo, args[:-1], args[-1])}


def test_commands_come_with_their_first_sentence() -> None:
    (item,) = candidates(layerzoo, [], "summ")
    assert (item.value, item.help) == (
        "summary",
        "Print a net's layers, shapes, params and multiply-adds as a table.",
    )
    assert "ls" in values("zoo", "")
    assert values("zoo", "ver") == ["verify"]
    assert values("no_such_command", "") == []


def test_flags_are_those_of_the_command_and_of_the_program() -> None:
    assert values("train", "-so") == ["-solver"]
    assert values("train", "--so") == ["--solver"]
    assert values("check", "-sand") == ["-sandbox"]
    assert "-nojson" in values("runs", "ls", "-no")
    assert values("-sand") == ["-sandbox"]


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("train", "-solver", ""), "file"),
        (("summary", "-model", "conf"), "file"),
        (("check", "-all", ""), "dir"),
        (("runs", "show", ""), "dir"),
        (("train", "-solver", "=", "conf"), "file"),
    ],
)
def test_values_that_are_files_are_left_to_the_shell(args: tuple[str, ...], kind: str) -> None:
    assert kinds(*args) == {kind}
    assert values(*args) == [args[-1]]


def test_values_of_choices_follow_a_flag_or_its_equals_sign() -> None:
    assert values("summary", "-phase", "TR") == ["TRAIN"]
    assert values("summary", "-phase=TR") == ["-phase=TRAIN"]
    assert values("summary", "-phase", "=", "TR") == ["TRAIN"]
    assert values("summary", "-phase", "=") == ["TRAIN", "TEST"]


def test_switch_takes_no_value() -> None:
    assert values("check", "-lenient", "-mod") == ["-model"]
    assert values("list", "-json", "lay") == ["layers"]


def test_arguments_are_names_of_their_kind() -> None:
    assert {"Convolution", "ConvolutionParameter"} <= set(values("explain", "Convolutio"))
    assert values("explain", "ConvolutionPa") == ["ConvolutionParameter"]
    assert values("explain", "ConvolutionParameter.kernel_s") == ["ConvolutionParameter.kernel_size"]
    assert values("list", "sol") == ["solvers"]
    assert "lenet-digits" in values("zoo", "info", "lenet")
    assert values("explain", "Convolution", "") == []
    assert "lenet-digits" in values("zoo", "verify", "mlp-digits", "lenet")


def test_shipped_configs_are_offered_where_no_file_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert values("train", "-solver", "configs/lenet_s") == [
        "configs/lenet_solver.prototxt",
        "configs/lenet_solver.yaml",
    ]
    assert values("summary", "-model", "configs/lenet_t") == [
        "configs/lenet_train_test.prototxt",
        "configs/lenet_train_test.yaml",
    ]
    assert values("summary", "-model", "configs/courses/opt") == ["configs/courses/optimisers.yaml"]
    assert "configs/lenet_solver.yaml" in values("diff", "configs/lenet_s")
    assert kinds("summary", "-model", "mine") == {"file"}
    (tmp_path / "configs").mkdir()
    assert kinds("summary", "-model", "conf") == {"file"}


def test_entries_of_the_zoo_are_weights() -> None:
    assert "zoo:lenet-digits" in values("test", "-weights", "zoo:lenet")
    assert "lenet-digits" in values("test", "-weights", "zoo", ":", "lenet")  # the words of bash
    assert "lenet-digits" in values("test", "-weights", "zoo", ":")
    assert kinds("test", "-weights", "a") == {"file"}


def test_paths_of_set_follow_the_file() -> None:
    assert values("train", "-solver", "configs/lenet_solver.yaml", "-set", "base_") == ["base_lr="]
    model = ("summary", "-model", "configs/lenet_train_test.yaml", "-set")
    assert values(*model, "layer[conv1].convolution_param.num_o") == [
        "layer[conv1].convolution_param.num_output="
    ]
