from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.nodes import Node, override, prototxt
from layerzoo.source import Source

NET = """
name: "net"
layer { name: "data" include { phase: TRAIN } data_param { batch_size: 64 } }
layer { name: "data" include { phase: 1 } data_param { batch_size: 100 } }
layer { name: "conv.1/x,y" top: "a" top: "b" conv { pad: 1 pad: 2 } }
layer { name: "7" exclude { phase: TEST } }
layer { }
"""


def net() -> Node:
    return prototxt.read(Source("net", NET), [])


def applied(argument: str) -> Node:
    root, faults = net(), list[Fault]()
    override.parse(argument).apply(root, faults)
    assert not faults, faults[0]
    return root


def refused(argument: str) -> list[str]:
    """The faults, as they are shown."""
    faults: list[Fault] = []
    override.parse(argument).apply(net(), faults)
    return [str(fault) for fault in faults]


def values(root: Node, path: str) -> list[str | None]:
    """Texts of all nodes at a dotted path."""
    nodes = [root]
    for key in path.split("."):
        nodes = [child for node in nodes for child in node.all(key)]
    return [node.text for node in nodes]


@pytest.mark.parametrize(
    ("argument", "path", "texts"),
    [
        ("name=other", "name", ["other"]),
        ("name = spaced out ", "name", ["spaced out"]),
        ("force_backward=true", "force_backward", ["true"]),
        ("state.level=2", "state.level", ["2"]),
        ("layer[data].data_param.batch_size=8", "layer.data_param.batch_size", ["8", "8"]),
        ("layer[data,TEST].data_param.batch_size=8", "layer.data_param.batch_size", ["64", "8"]),
        ("layer[data,TRAIN].data_param.batch_size=8", "layer.data_param.batch_size", ["8", "100"]),
        ("layer[1].data_param.batch_size=8", "layer.data_param.batch_size", ["64", "8"]),
        ("layer[conv.1/x,y].conv.pad=5", "layer.conv.pad", ["5"]),
        ("layer[conv.1/x,y].conv.pad=[5, 6, 7]", "layer.conv.pad", ["5", "6", "7"]),
        ("layer[conv.1/x,y].conv.pad[1]=9", "layer.conv.pad", ["1", "9"]),
        ("layer[conv.1/x,y].top[0]=c", "layer.top", ["c", "b"]),
        ("layer[conv.1/x,y].top=''", "layer.top", [""]),
        ("layer[7].top=x", "layer.top", ["a", "b", "x"]),
        ("layer[7,TRAIN].top=x", "layer.top", ["a", "b", "x"]),
        ("layer[4].filler={type: xavier, std: 0.1}", "layer.filler.type", ["xavier"]),
        ("snapshot_prefix=../a=b/c d.e", "snapshot_prefix", ["../a=b/c d.e"]),
        ("layer[conv.1/x,y]={name: n, conv: {pad: 3}}", "layer.conv.pad", ["3"]),
    ],
)
def test_override_replaces_what_the_path_selects(argument: str, path: str, texts: list[str]) -> None:
    assert values(applied(argument), path) == texts


def test_override_keeps_the_order_of_fields() -> None:
    root = applied("layer[data]={name: new}")
    assert values(root, "layer.name") == ["new", "conv.1/x,y", "7"]
    assert next(iter(root.children or ())).key == "name"


def test_override_has_its_position_in_the_argument() -> None:
    node = applied("layer[4].a.b=7").all("layer")[4].find("a.b")
    assert node is not None
    assert (str(node.origin), str(node.value_origin)) == ("-set:1:12", "-set:1:14")
    assert node.source.bare_strings


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("layer[dta].top=x", "no 'layer' is named 'dta'"),
        ("layer[7,TEST].top=x", "no 'layer' named '7' in phase TEST"),
        ("layer[9].top=x", "'layer[9]' does not exist"),
        ("layer.top=x", "there are 5 of 'layer'"),
        ("name.x=1", "'name' is a scalar and has no fields"),
        ("layer[conv.1/x,y].top[2]=x", "'top[2]' does not exist"),
        ("loss[0]=1", "'loss[0]' does not exist"),
        ("name={a: ", "'a' has no value"),
        ("name={a: 1} 2", "expected a field name, found '2'"),
        ("name='x", "this string has no closing '"),
    ],
)
def test_override_that_selects_nothing_is_a_fault_at_the_argument(argument: str, message: str) -> None:
    shown = refused(argument)
    assert any(f": {message}" in text for text in shown), shown
    assert all(text.startswith("-set:1:") and argument in text for text in shown)


def test_override_of_a_misspelt_name_suggests_similar_ones() -> None:
    assert "did you mean 'data'?" in refused("layer[dta].top=x")[0]


@pytest.mark.parametrize(
    "argument",
    ["", "=5", "a", "a.=5", "a[=5", "a b=5", "a-b=5", "a=", "a=  ", "a..b=1", ".a=1", "a[0]b=1", "9=1"],
)
def test_parse_refuses_a_malformed_argument(argument: str) -> None:
    with pytest.raises(ConfigError, match=r"expected .*\n.*\n.*\n    examples: base_lr=0\.1"):
        override.parse(argument)
