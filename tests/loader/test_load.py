"""Nets and solvers loaded from files and texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_net, load_solver, parse_net, parse_solver
from layerzoo.loader.files import PACKAGE
from layerzoo.schema import TEST, TRAIN, NetParameter
from tests.loader.configs import NET, SOLVER


def test_net_has_its_message_and_nodes(here: Path) -> None:
    document = load_net("net.prototxt")
    assert document.path == Path("net.prototxt")
    assert [layer.name for layer in document.message.layer] == ["data", "data", "ip"]
    assert [str(node.origin) for node in document.root.all("layer")] == [
        f"net.prototxt:{n}:1" for n in (2, 3, 4)
    ]
    assert (document.warnings, document.notes, document.nets) == ([], [], {})


def test_solver_comes_with_the_net_it_names(here: Path) -> None:
    document = load_solver(here / "solver.prototxt")
    assert document.message.max_iter == 100
    (net,) = document.nets["net"]
    assert net.path == here / "net.prototxt"
    assert net.message.layer[2].inner_product_param.num_output == 4


def test_net_path_is_searched_beside_the_solver_then_in_the_working_folder(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "solver.prototxt").write_text(SOLVER)
    assert load_solver("sub/solver.prototxt").nets["net"][0].path == Path("net.prototxt")
    (here / "sub" / "net.prototxt").write_text(NET)
    assert load_solver("sub/solver.prototxt").nets["net"][0].path == Path("sub/net.prototxt")


def test_shipped_configs_load_from_any_folder(here: Path) -> None:
    document = load_solver("configs/lenet_solver.yaml", ["max_iter=7"])
    assert document.path == PACKAGE / "configs" / "lenet_solver.yaml"
    assert document.message.max_iter == 7
    assert document.nets["net"][0].message.name == "LeNet"


def test_nets_are_grouped_by_the_field_that_names_them(here: Path) -> None:
    nets = "train_net: 'net.prototxt' test_net: ['net.prototxt', 'net.prototxt']"
    document = parse_solver(nets + "test_net_param { name: 'inline' }")
    assert {key: [net.message.name for net in nets] for key, nets in document.nets.items()} == {
        "train_net": ["net"],
        "test_net": ["net", "net"],
        "test_net_param": ["inline"],
    }


def test_inline_net_is_part_of_its_solver() -> None:
    document = parse_solver("net_param {\n name: 'a'\n layer { name: 'x' type: 'ReLU' }\n}\nmax_iter: 1")
    (net,) = document.nets["net_param"]
    assert net.message == document.message.net_param
    assert [str(node.origin) for node in net.root.all("layer")] == ["<prototxt>:3:2"]


def test_old_formats_are_upgraded_with_a_note() -> None:
    document = parse_net("layers { name: 'r' type: RELU bottom: 'a' top: 'b' }")
    assert [layer.type for layer in document.message.layer] == ["ReLU"]
    assert len(document.notes) == 1
    solver = parse_solver("solver_type: ADAM net_param { layers { type: RELU } }")
    assert solver.message.type == "Adam"
    assert solver.nets["net_param"][0].message.layer[0].type == "ReLU"


def test_lenient_loading_turns_unknown_fields_into_warnings(here: Path) -> None:
    (here / "net.prototxt").write_text(NET + "layer { type: 'ReLU' nobodys_param { x: 1 } }")
    document = load_net("net.prototxt", lenient=True)
    assert [w.message for w in document.warnings] == ["unknown field 'nobodys_param' in a layer"]
    assert document.message.layer[3].type == "ReLU"
    assert load_solver("solver.prototxt", lenient=True).nets["net"][0].warnings
    (here / "net.prototxt").write_text(NET + "layer { type: 5 }")
    with pytest.raises(ConfigError):
        load_net("net.prototxt", lenient=True)


def test_byte_order_mark_and_crlf_are_ignored(here: Path) -> None:
    (here / "bom.prototxt").write_bytes(b"\xef\xbb\xbf" + NET.replace("\n", "\r\n").encode())
    assert load_net("bom.prototxt").message == load_net("net.prototxt").message


def test_comments_in_other_encodings_are_ignored(here: Path) -> None:
    (here / "gbk.prototxt").write_bytes("# 网络\n".encode("gbk") + NET.encode())
    assert load_net("gbk.prototxt").message == load_net("net.prototxt").message
    (here / "gbk.prototxt").write_bytes('name: "网络"\nforce_backward: true'.encode("gbk"))
    with pytest.raises(ConfigError, match="the string of 'name' is not UTF-8"):
        load_net("gbk.prototxt")
    (here / "gbk.yaml").write_bytes("# ok\nname: 网络".encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.yaml:2:7: byte 0x.. is not UTF-8"):
        load_net("gbk.yaml")


def test_yaml_gives_the_message_that_prototxt_gives() -> None:
    text = """
name: on
layer:
  - {name: 1:30, type: Pooling, bottom: data, top: [null_, "null"], pooling_param: {pool: AVE, pad: 3}}
  - name: '0777'
    phase: TEST
    include: [{phase: TRAIN, stage: [a, b]}, {min_level: 1}]
    loss_weight: 1e-4
"""
    expected = NetParameter(name="on")
    one = expected.layer.add(name="1:30", type="Pooling", bottom=["data"], top=["null_", "null"])
    one.pooling_param.pool = one.pooling_param.AVE
    one.pooling_param.pad = 3
    two = expected.layer.add(name="0777", phase=TEST, loss_weight=[1e-4])
    two.include.add(phase=TRAIN, stage=["a", "b"])
    two.include.add(min_level=1)
    assert parse_net(text).message == expected
