"""Updates resolved against the graphs: their params, losses and layers, and faults at their lines."""

from __future__ import annotations

import pytest

from layerzoo.errors import MAX_SHOWN_FAULTS, ConfigError
from layerzoo.loader import parse_solver
from layerzoo.optimizer import UpdatePlan
from layerzoo.solver.config.checking import Checked, check_solver
from tests.solver.gan import NET, D, G, text


def checked(updates: str, more: str = "", net: str = NET) -> Checked:
    return check_solver(parse_solver(text(updates, ".", more, net)))


def plans(updates: str, more: str = "", net: str = NET) -> tuple[list[UpdatePlan], list[list[str]]]:
    """The plans, and the params that each moves."""
    found = checked(updates, more, net)
    params = [
        [f"{found.train.layers[found.train.params[p].users[0][0]].name}.{p}" for p in plan.params]
        for plan in found.updates
    ]
    return found.updates, [sorted({name.split(".")[0] for name in names}) for names in params]


def faults(updates: str, more: str = "", net: str = NET) -> list[str]:
    """Line, message and hint of each fault; each update stands on a line of its own, from 1 on."""
    with pytest.raises(ConfigError) as raised:
        check_solver(parse_solver(f"\n{text(updates, '.', more, net)}".replace("update {", "\nupdate {")[1:]))
    return [
        f"{int(str(fault.origin).split(':')[-2]) - 1}: {fault.message}; {fault.hint}"
        for fault in raised.value.faults
    ]


def test_names_of_calls_mean_all_layers_of_theirs() -> None:
    found, params = plans(f"{D} }} {G} }}")
    assert params == [["D/h", "D/score"], ["G/fc"]]
    assert [plan.name for plan in found] == ["discriminate", "generate"]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ('layer: "D/h"', ["D/h"]),
        ('layer: "D_fake/score"', ["D/score"]),  # it shares the param of D/score
        ('layer: "D/*"', ["D/h", "D/score"]),
        ('layer: "?"', ["D/h", "D/score", "G/fc"]),
        ('layer: "*" exclude_layer: "G"', ["D/h", "D/score"]),
        ('layer: "*" exclude_layer: "D_fake/h"', ["D/score", "G/fc"]),
    ],
)
def test_patterns_select_params(layers: str, expected: list[str]) -> None:
    losses = 'loss: "d_real" loss: "d_fake" loss: "g"'
    assert plans(f'update {{ name: "u" {layers} {losses} }}')[1] == [expected]


def test_exclusion_resolves_a_param_of_two_updates() -> None:
    _, params = plans(f'update {{ name: "all" layer: "*" exclude_layer: "G" loss: "d_real" }} {G} }}')
    assert params == [["D/h", "D/score"], ["G/fc"]]


def test_losses_have_the_weights_of_their_layers() -> None:
    found = checked(f"{D} }} {G} }}")
    index = {blob.name: blob.index for blob in found.train.blobs}
    assert found.updates[0].losses == {index["d_real"]: 1.0, index["d_fake"]: 0.5}
    assert found.updates[1].losses == {index["g"]: 1.0}


def test_frozen_params_belong_to_no_update() -> None:
    assert plans(f"{D} }} {G} }}", 'freeze: "D/h"')[1] == [["D/score"], ["G/fc"]]


def test_params_of_no_group_follow_the_solver() -> None:
    found, params = plans('update { name: "slow" layer: "G" lr_mult: 0.1 }')
    assert [plan.name for plan in found] == ["slow", "others"]
    assert params == [["G/fc"], ["D/h", "D/score"]]
    assert not found[0].losses
    assert plans('update { name: "slow" layer: "*" lr_mult: 0.1 }')[1] == [["D/h", "D/score", "G/fc"]]


CASES = {
    "unknown layer": (
        f'update {{ name: "d" layer: "D/hh" loss: "d_real" }} {G} }}',
        ["1: 'D/hh' matches no layer with params; did you mean 'D/h'?"],
    ),
    "layer without params": (
        f'update {{ name: "d" layer: "D/tanh" loss: "d_real" }} {G} }}',
        ["1: layer 'D/tanh' has no params; None"],
    ),
    "unknown excluded layer": (
        f'update {{ name: "d" layer: "D" exclude_layer: "D/scor" loss: "d_real" }} {G} }}',
        ["1: 'D/scor' matches no layer with params; did you mean 'D/score'?"],
    ),
    "unknown loss": (
        f'update {{ name: "d" layer: "D" loss: "d_reel" }} {G} }}',
        ["1: no blob 'd_reel'; did you mean 'd_real'?"],
    ),
    "blob without loss": (
        f'update {{ name: "d" layer: "D" loss: "fake_score" }} {G} }}',
        ["1: blob 'fake_score' is no loss; give its layer a loss_weight"],
    ),
    "loss given twice": (
        f'update {{ name: "d" layer: "D" loss: "d_real" loss: "d_real" }} {G} }}',
        ["1: loss 'd_real' is given twice; None"],
    ),
    "loss of other layers": (
        f'{D} }} update {{ name: "g" layer: "G" loss: "d_real" }}',
        ["2: the losses of update 'g' don't depend on the params of its layers; no gradient reaches 'G/fc'"],
    ),
    "frozen": (
        f"{D} }} {G} }} freeze: 'G*'",
        ["2: update 'generate' moves no param: those of its layers are frozen or excluded; None"],
    ),
    "shared": (
        f'{D} }} update {{ name: "g" layer: "G" layer: "D_fake/h" loss: "g" }}',
        [
            "1: param weight of layer 'D/h', which 'D_fake/h' share: updates 1 and 2 both move it; "
            'exclude_layer: "D/h" in one of them leaves it to the other',
            "2: param weight of layer 'D/h', which 'D_fake/h' share: updates 2 and 1 both move it; "
            'exclude_layer: "D/h" in one of them leaves it to the other',
        ],
    ),
    "Caffe's snapshots": (
        f"{D} }} {G} }} \nsnapshot_format: HDF5",
        [
            "3: Caffe's snapshots have room for the history of one update; "
            "leave snapshot_format out: native snapshots are always written"
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_faults_stand_at_the_lines_of_updates(case: str) -> None:
    updates, expected = CASES[case]
    assert faults(updates) == expected


def test_stages_share_all_params_with_the_training_net() -> None:
    own = 'layer { name: "own" type: "InnerProduct" bottom: "z" top: "o" include { stage: "s" } '
    own += "inner_product_param { num_output: 2 } } "
    own += 'layer { name: "so" type: "Silence" bottom: "o" include { stage: "s" } }'
    staged = G.replace("layer:", 'stage: "s" layer:')
    assert faults(f"{D} }} {staged} }}", net=NET + own) == [
        "2: layer 'own' is in the net of update 'generate', but not in the training net; "
        "all params have to be in the training net; leave the rule of its stages to layers without"
    ]
    assert checked(f"{D} }} {staged} }}").updates[1].graph is not None


def test_warnings_name_idle_losses_and_unreached_layers() -> None:
    found = checked('update { name: "u" layer: "*" loss: "d_real" }')
    assert [warning.message for warning in found.warnings] == [
        "update 'u': no gradient of its losses reaches 'G/fc'",
        "no update minimises the loss 'd_fake'",
        "no update minimises the loss 'g'",
    ]


def test_gradients_stop_at_propagate_down() -> None:
    cut = NET.replace('param { name: "D" }\n        subnet_param', 'param { name: "D" } subnet_param')
    cut = cut.replace('top: "fake" exclude', 'top: "fake" propagate_down: false exclude')
    assert faults(f"{D} }} {G} }}", net=cut)[-1].startswith("2: the losses of update 'generate' don't depend")


def test_faults_of_many_unknown_layers_and_losses_end_where_no_more_are_shown() -> None:
    many = " ".join(f'layer: "zz{i}" loss: "yy{i}"' for i in range(3000))
    with pytest.raises(ConfigError) as raised:
        checked(f'update {{ name: "a" {many} }}')
    assert len(raised.value.faults) == MAX_SHOWN_FAULTS
