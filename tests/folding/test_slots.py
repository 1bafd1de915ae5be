"""Layers taken apart."""

from __future__ import annotations

from layerzoo.folding.slots import scalars, slotted
from layerzoo.schema import LayerParameter, ParamSpec


def layer(name: str, count: int, bias: bool = True) -> LayerParameter:
    result = LayerParameter(
        name=name, type="InnerProduct", bottom=["x"], top=[name], param=[ParamSpec(name=name)]
    )
    result.inner_product_param.num_output = count
    result.inner_product_param.bias_term = bias
    return result


def test_names_and_whole_numbers_may_differ_and_the_rest_may_not() -> None:
    one, two = slotted(layer("a", 3)), slotted(layer("b", 4))
    assert one.skeleton == two.skeleton
    assert one.names == {("name",): "a", ("param", 0, "name"): "a"}
    assert one.numbers == {("inner_product_param", "num_output"): 3}
    assert (one.bottoms, one.tops) == (("x",), ("a",))
    assert slotted(layer("a", 3, bias=False)).skeleton != one.skeleton


def test_scalars_have_their_paths_and_empty_messages_count() -> None:
    message = layer("a", 3)
    message.relu_param.SetInParent()
    paths = [path for path, _, _ in scalars(message)]
    assert ("param", 0, "name") in paths
    assert ("inner_product_param", "num_output") in paths
    assert ("relu_param",) in paths
