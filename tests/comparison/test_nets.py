"""The differences of two nets."""

from __future__ import annotations

from layerzoo.comparison.nets import net_changes
from layerzoo.loader import parse_net
from tests.comparison.nets import ip, net, relu


def shown(old: str, new: str) -> list[tuple[str, str, str, str | None, str | None]]:
    changes = net_changes(net(old), net(new))
    return [(change.kind, change.layer, change.path, change.old, change.new) for change in changes]


def test_equal_nets_have_no_changes() -> None:
    assert shown(ip("a") + relu("r", "a") + ip("z", "a"), ip("a") + ip("z", "a") + relu("q", "z")) == [
        ("removed", "r", "", None, None),
        ("added", "q", "", None, None),
    ]
    assert shown(ip("a") + ip("z", "a", number=5), ip("a") + relu("q", "a")) == [
        ("removed", "z", "", None, None),
        ("added", "q", "", None, None),
    ]


def test_moved_layer_says_where_it_was() -> None:
    a, b, c = (ip(name) for name in "abc")
    assert shown(a + b + c, c + a + b) == [("moved", "c", "", "after b", "after data")]


def test_net_of_a_solver_is_named() -> None:
    (change,) = net_changes(net(ip("a")), net(ip("a", number=3)), "test_net[0]")
    assert (change.net, change.type, change.places) == ("test_net[0]", "InnerProduct", ("", ""))


def test_net_of_blocks_is_equal_to_its_layers() -> None:
    block = (
        'let { n: 3 } subnet { name: "b" arg { name: "k" } layer { name: "x" type: "Input" top: "x" } '
        + ip("i", "x").replace("num_output: 2", "num_output: ${k * bottom[0].shape[1]}")
        + "} "
    )
    use = (
        'layer { name: "c" type: "Call" bottom: "data" top: "y" subnet_param { net: "b" with { k: ${n} } } }'
    )
    flat = ip("c/i", "data", "y", 12)
    assert shown(block + use, flat) == []
    assert [change[2] for change in shown(block.replace("n: 3", "n: 4") + use, flat)] == [
        "inner_product_param.num_output"
    ]


def test_renamed_blob_of_a_param_is_one_change() -> None:
    text = """
    layer { name: "x" type: "Input" top: "x" }
    layer { name: "w" type: "Parameter" top: "w" }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { blob: "w" } }
    """
    renamed = text.replace('top: "w"', 'top: "v"').replace('blob: "w"', 'blob: "v"')
    changes = net_changes(*(parse_net(one, format="prototxt") for one in (text, renamed)))
    assert [(change.kind, change.old, change.new) for change in changes] == [("blob renamed", "w", "v")]
