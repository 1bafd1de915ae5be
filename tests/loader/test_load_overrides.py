"""Overrides, as ``-set`` gives them, of nets and solvers."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_net, load_solver, parse_net, parse_solver


@pytest.mark.parametrize(
    ("overrides", "outputs", "batches"),
    [
        (["net.layer[ip].inner_product_param.num_output=32"], 32, [2, 5]),
        (["layer[ip].inner_product_param.num_output=32"], 32, [2, 5]),
        (["layer[data,TEST].input_param.shape.dim=[7, 3]"], 4, [2, 7]),
        (
            ["layer[ip].inner_product_param.num_output=1", "layer[ip].inner_product_param.num_output=2"],
            2,
            [2, 5],
        ),
        (["layer[0].input_param={shape: {dim: [9, 3]}}"], 4, [9, 5]),
    ],
)
def test_overrides_change_a_net(here: Path, overrides: list[str], outputs: int, batches: list[int]) -> None:
    net = load_net("net.prototxt", overrides).message
    assert net.layer[2].inner_product_param.num_output == outputs
    assert [layer.input_param.shape[0].dim[0] for layer in net.layer[:2]] == batches


def test_overrides_change_a_solver_and_its_net(here: Path) -> None:
    overrides = [
        "base_lr=0.5",
        "type=Adam",
        "net.layer[ip].inner_product_param.num_output=32",
        "stepvalue=[1, 2]",
    ]
    document = load_solver("solver.prototxt", overrides)
    assert (document.message.base_lr, document.message.type) == (0.5, "Adam")
    assert list(document.message.stepvalue) == [1, 2]
    assert document.nets["net"][0].message.layer[2].inner_product_param.num_output == 32


def test_override_of_net_loads_another_file(here: Path) -> None:
    (here / "other.yaml").write_text("name: other\n")
    assert load_solver("solver.prototxt", ["net=other.yaml"]).nets["net"][0].message.name == "other"


def test_net_prefix_changes_all_nets_of_a_solver(here: Path) -> None:
    (here / "two.prototxt").write_text("train_net: 'net.prototxt' test_net: 'net.prototxt'")
    document = load_solver("two.prototxt", ["net.name=x", "test_net[0].layer[ip].name=y"])
    train, test = document.nets["train_net"][0].message, document.nets["test_net"][0].message
    assert (train.name, test.name, train.layer[2].name, test.layer[2].name) == ("x", "x", "ip", "y")


def test_overrides_take_fields_of_current_and_old_formats() -> None:
    text = (
        "layers { name: 'ip' type: INNER_PRODUCT bottom: 'a' top: 'b' inner_product_param { num_output: 1 } }"
    )
    net = parse_net(text, ["layer[ip].inner_product_param.num_output=5"]).message
    assert net.layer[0].inner_product_param.num_output == 5
    assert parse_solver("max_iter: 1", ["solver_type=ADAM"]).message.type == "Adam"


def test_faults_in_overrides_point_at_the_argument(here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_solver(
            "solver.prototxt", ["base_lr=fast", "net.layer[ip].inner_product_param.num_ouput=5", "max_itr=5"]
        )
    assert str(error.value) == (
        "-set:1:9: 'base_lr' takes a number, not 'fast'\n"
        "     1 | base_lr=fast\n"
        "       |         ^^^^\n"
        "-set:1:1: unknown field 'max_itr' in a solver\n"
        "     1 | max_itr=5\n"
        "       | ^^^^^^^\n"
        "    did you mean 'max_iter'?\n"
        "-set:1:35: unknown field 'num_ouput' in 'inner_product_param' (layer 'ip')\n"
        "     1 | net.layer[ip].inner_product_param.num_ouput=5\n"
        "       |                                   ^^^^^^^^^\n"
        "    did you mean 'num_output'?"
    )


def test_malformed_overrides_are_reported_together(here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt", ["base-lr=1", "max_iter"])
    assert len(error.value.faults) == 2


def test_override_of_a_missing_net_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="the solver names no 'net'"):
        parse_solver("max_iter: 1", ["net.name=x"])
