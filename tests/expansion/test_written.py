"""Layers taken apart."""

from __future__ import annotations

from layerzoo.expansion.written import written, written_use
from tests.expansion.test_scope import first


def test_fields_are_found_by_their_keys() -> None:
    node = first(
        'layer { name: "a" type: "Call" bottom: "x" bottom: "y" top: "z" when: true param { } all_params { }'
        " include { } exclude { } subnet_param { } relu_param { } }"
    )
    layer = written(node)
    assert layer.name is node.first("name")
    assert layer.when is node.first("when")
    assert layer.param is node.first("subnet_param")
    assert layer.repeat is None
    assert [one.text for one in layer.bottoms] == ["x", "y"]
    assert [one.text for one in layer.tops] == ["z"]
    assert [one.key for one in layer.rules] == ["include", "exclude"]
    assert [one.key for one in layer.specs] == ["param", "all_params"]
    assert [one.key for one in layer.strange] == ["relu_param"]


def test_use_of_a_subnet_is_taken_apart() -> None:
    param = first('p { net: "n" with { a: 1 } output: "x" output: "y" each: [1, 2] var: "k" names: PATH }')
    use = written_use(param)
    assert use.net is param.first("net")
    assert use.given is param.first("with")
    assert [one.text for one in use.outputs] == ["x", "y"]
    assert [one.text for one in use.each] == ["1", "2"]
    assert (use.times, use.share, use.carry) == (None, None, [])
