"""Nets and solvers expanded: files, constants, and what stays as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.expansion.net import has_blocks, unknown_constant
from layerzoo.expansion.scope import MAX_FAULTS
from layerzoo.loader import load_net, load_solver, parse_either, parse_net, parse_solver
from tests.expansion.configs import FC, HEAD, call, faults
from tests.expansion.test_scope import first

BLOCKS = """
let: {width: 8}
subnet:
  - name: fc
    arg: [{name: n, type: INT}]
    layer:
      - {name: in, type: Input, top: x}
      - {name: ip, type: InnerProduct, bottom: x, top: y, inner_product_param: {num_output: "${n}"}}
"""


def net_file(folder: Path, include: str, extra: str = "") -> Path:
    (folder / "net.prototxt").write_text(
        f'include: "{include}" {extra}\n{HEAD}\n' + call('net: "fc" with { n: ${width} }'), encoding="utf-8"
    )
    return folder / "net.prototxt"


def test_included_file_gives_subnets_and_constants(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "fc.yaml").write_text(BLOCKS, encoding="utf-8")
    document = load_net(net_file(tmp_path, "blocks/fc.yaml"))
    assert document.message.layer[1].inner_product_param.num_output == 8
    assert document.includes == {tmp_path / "blocks" / "fc.yaml": BLOCKS}
    assert (
        load_net(net_file(tmp_path, "blocks/fc.yaml"), ["let.width=3"])
        .message.layer[1]
        .inner_product_param.num_output
        == 3
    )
    own = load_net(net_file(tmp_path, "blocks/fc.yaml", "let { width: 5 }"))
    assert own.message.layer[1].inner_product_param.num_output == 5


def test_fault_in_an_included_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "fc.yaml").write_text(BLOCKS.replace("num_output", "num_outptu"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_net(net_file(tmp_path, "fc.yaml"))
    (fault,) = caught.value.faults
    assert str(fault.origin) == f"{tmp_path / 'fc.yaml'}:8:81"
    assert f"called at {tmp_path / 'net.prototxt'}:3:1 with n=8" in str(fault)


@pytest.mark.parametrize("name", ["../fc.yaml", "/etc/passwd", "~/fc.yaml", "a/../../fc.yaml"])
def test_include_can_not_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="leaves the folder of the config"):
        load_net(net_file(tmp_path, name))


def test_include_can_not_leave_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(BLOCKS, encoding="utf-8")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "fc.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(ConfigError, match="leaves the folder of the config by a link"):
        load_net(net_file(folder, "fc.yaml"))


def test_missing_include_is_a_fault_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_net(net_file(tmp_path, "block.yaml"))
    fault = caught.value.faults[0]
    assert fault.message == "no file 'block.yaml' to include"
    assert fault.hint is not None
    assert "did you mean" in fault.hint
    assert "blocks.yaml" in fault.hint


def test_files_that_include_each_other_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("include: b.yaml\n" + BLOCKS, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("include: a.yaml\nlet: {k: 1}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'a\.yaml' includes itself"):
        load_net(net_file(tmp_path, "a.yaml"))


def test_included_file_has_no_layers_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "fc.yaml").write_text(BLOCKS + "layer: [{name: a, type: ReLU}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'layer' in an included file"):
        load_net(net_file(tmp_path, "fc.yaml"))


def test_two_subnets_of_one_name_are_a_fault() -> None:
    assert [text.split(" ", 1)[1] for text in faults(HEAD + FC + FC)] == ["two subnets are named 'fc'"]


def test_dollar_braces_are_text_without_blocks() -> None:
    text = 'name: "${x}" ' + HEAD
    assert parse_net(text, format="prototxt").message.name == "${x}"
    with_let = parse_net("let { x: 5 } " + text, format="prototxt").message
    assert with_let.name == "5"
    assert parse_net("let { x: 5 } " + text.replace("${", "$${"), format="prototxt").message.name == "${x}"


def test_unclosed_expression_of_yaml_says_to_quote_it() -> None:
    text = "let: {n: 1}\nname: ${n # comment\nlayer: []\n"
    with pytest.raises(ConfigError) as caught:
        parse_net(text, format="yaml")
    (fault,) = caught.value.faults
    assert (fault.message, fault.hint) == ("this '${' is never closed", "put it in quotes, or add '}'")


def test_expression_with_a_colon_says_to_quote_it() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_net("let:\n  a: 1\n  n: ${ {a: 1, b: 2}.a }\nlayer: []\n", format="yaml")
    assert caught.value.faults[-1].hint == 'put an expression that has ": " in it in quotes: "${…}"'


def test_expression_in_a_flow_collection_says_to_quote_it() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_net("let: {n: 1}\nlayer:\n  - {name: a, type: ${n}}\n", format="yaml")
    assert caught.value.faults[0].hint == 'put an expression inside { } or [ ] in quotes: "${…}"'


def test_constants_can_be_set_and_only_known_ones() -> None:
    text = "let { width: 4 } " + HEAD + FC + call('net: "fc" with { n: ${width} }')
    net = parse_net(text, ["let.width=6"], format="prototxt").message
    assert net.layer[1].inner_product_param.num_output == 6
    with pytest.raises(ConfigError) as caught:
        parse_net(text, ["let.widht=6"], format="prototxt")
    fault = caught.value.faults[0]
    assert (fault.message, fault.hint) == ("the config has no constant 'widht'", "did you mean 'width'?")


def test_overrides_of_blocks_act_before_and_those_of_layers_after_expansion() -> None:
    text = HEAD + FC + call('net: "fc" with { n: 4 }')
    changes = [
        "layer[a/ip].inner_product_param.bias_term=false",
        "layer[a].subnet_param.with.n=7",
        "subnet[fc].layer[relu].type=TanH",
    ]
    net = parse_net(text, changes, format="prototxt").message
    assert net.layer[1].inner_product_param.num_output == 7
    assert not net.layer[1].inner_product_param.bias_term
    assert net.layer[2].type == "TanH"


def test_solver_has_constants_and_reaches_those_of_its_net(tmp_path: Path) -> None:
    (tmp_path / "fc.yaml").write_text(BLOCKS, encoding="utf-8")
    net_file(tmp_path, "fc.yaml")
    solver = tmp_path / "solver.yaml"
    solver.write_text(
        "let: {epochs: 3}\nnet: net.prototxt\nbase_lr: 0.1\nmax_iter: ${epochs * 100}\n", encoding="utf-8"
    )
    document = load_solver(solver, ["let.epochs=5", "net.let.width=2", "net.layer[a/ip].type=ReLU"])
    assert document.message.max_iter == 500
    (net,) = document.nets["net"]
    assert net.message.layer[1].inner_product_param.num_output == 2
    assert net.message.layer[1].type == "ReLU"


def test_net_inside_a_solver_sees_the_solvers_constants() -> None:
    text = "let { n: 6 } base_lr: 1 net_param { " + HEAD + FC + call('net: "fc" with { n: ${n} }') + " }"
    document = parse_solver(text, format="prototxt")
    assert document.message.net_param.layer[1].inner_product_param.num_output == 6
    assert document.nets["net_param"][0].message.layer[1].name == "a/ip"


def test_blocks_are_recognised_by_their_fields() -> None:
    texts = {
        "net { let { } }": True,
        "net { layer { when: true } }": True,
        "net { layer { repeat { } } }": True,
        'net { layer { type: "Call" } }': True,
        'net { layer { subnet_param { net: "a" } } }': True,
        'net { layer { subnet_param { net: "a" body { } } } }': False,
        'net { layer { name: "${x}" } }': False,
    }
    assert {text: has_blocks(first(text)) for text in texts} == texts


def test_unknown_constants_are_told() -> None:
    assert unknown_constant(first("net { let { a: 1 } }"), "a") is None
    assert unknown_constant(first("net { }"), "a") == ("the config has no constant 'a'", None)


def test_net_inside_a_solver_includes_files(tmp_path: Path) -> None:
    (tmp_path / "fc.yaml").write_text(BLOCKS, encoding="utf-8")
    inline = 'include: "fc.yaml" ' + HEAD + call('net: "fc" with { n: ${width} }')
    (tmp_path / "solver.prototxt").write_text(f"base_lr: 1 net_param {{ {inline} }}", encoding="utf-8")
    document = load_solver(tmp_path / "solver.prototxt")
    assert document.message.net_param.layer[1].inner_product_param.num_output == 8
    assert document.includes == {tmp_path / "fc.yaml": BLOCKS}


@pytest.mark.parametrize("wrap", ["{}", "base_lr: 1 {}", "base_lr: 1 net_param {{ {} }}"])
def test_expansion_stops_after_many_faults(wrap: str) -> None:
    lets = " ".join(f"a{k}: ${{x{k}}}" for k in range(MAX_FAULTS + 50))
    text = wrap.format(f"let {{ {lets} }} " + ("" if wrap == "base_lr: 1 {}" else HEAD))
    collected: list[Fault] = []
    parse_either(text, format="prototxt", faults=collected)
    assert len(collected) == MAX_FAULTS + 1
    assert collected[0].message == f"more than {MAX_FAULTS} faults; the rest was not expanded"


def test_expansion_stops_where_expressions_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["layerzoo.expressions.evaluate"], "MAX_STEPS", 20)
    lets = " ".join(f"a{k}: ${{{k} + 1}}" for k in range(100))
    assert [t.split(" ", 1)[1] for t in faults(f"let {{ {lets} }} " + HEAD)] == [
        "all expressions together take more than 20 steps"
    ]
