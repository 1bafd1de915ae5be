"""Adding the params of layers to a graph: owners, users, multipliers, faults of shared ones."""

from __future__ import annotations

import pytest

from layerzoo.errors import Fault
from layerzoo.graph.model import Graph, GraphLayer, GraphParam
from layerzoo.graph.sharing import ParamTable
from layerzoo.layer import LAYERS, OwnParam
from layerzoo.schema import LayerParameter, NetState, ParamSpec

PERMISSIVE = ParamSpec.PERMISSIVE


class Table:
    """A param table, and the layers that were added to its graph."""

    def __init__(self) -> None:
        self.graph = Graph("", NetState())
        self.faults: list[Fault] = []
        self.params = ParamTable(self.graph, self.faults)

    def add(self, *own: OwnParam, param: list[ParamSpec] | None = None) -> GraphLayer:
        index = len(self.graph.layers)
        message = LayerParameter(name=f"l{index}", param=param or [])
        layer = GraphLayer(index, message.name, message, LAYERS["InnerProduct"], None)
        self.graph.layers.append(layer)
        self.params.add(layer, own)
        return layer

    @property
    def messages(self) -> list[str]:
        return [f"{fault.layer}: {fault.message}" for fault in self.faults]


@pytest.fixture
def table() -> Table:
    return Table()


def weight(*shape: int, learns: bool = True, made: bool = False) -> OwnParam:
    return OwnParam("weight", shape, None, learns, made)


def test_params_without_a_name_stay_apart(table: Table) -> None:
    first = table.add(weight(2, 3), weight(2), param=[ParamSpec(lr_mult=2, decay_mult=0)])
    second = table.add(weight(2, 3))
    assert (first.params, second.params) == ([0, 1], [2])
    assert [param.users for param in table.graph.params] == [[(0, 0)], [(0, 1)], [(1, 0)]]
    assert [(p.lr_mult, p.decay_mult) for p in table.graph.params] == [(2, 0), (1, 1), (1, 1)]
    assert [param.count for param in table.graph.params] == [6, 2, 6]


def test_params_of_one_name_have_the_first_layer_as_owner(table: Table) -> None:
    table.add(weight(4), weight(2, 3), param=[ParamSpec(), ParamSpec(name="w")])
    layer = table.add(weight(2, 3), param=[ParamSpec(name="w")])
    assert layer.params == [1]
    assert table.graph.params[1].users == [(0, 1), (1, 0)]
    assert table.graph.params[1].shared_name == "w"
    assert table.messages == []


def test_params_that_do_not_learn_have_a_rate_of_zero(table: Table) -> None:
    table.add(weight(2, learns=False), param=[ParamSpec(lr_mult=5)])
    assert table.graph.params[0].lr_mult == 0


def test_specs_beyond_the_params_are_a_fault(table: Table) -> None:
    table.add(weight(2), param=[ParamSpec(), ParamSpec(), ParamSpec()])
    assert table.messages == ["l0: 3 param for a layer with 1 param blobs"]


def test_multiplier_that_only_a_later_layer_sets_holds_for_all(table: Table) -> None:
    table.add(weight(2), param=[ParamSpec(name="w", lr_mult=3)])
    table.add(weight(2), param=[ParamSpec(name="w", decay_mult=0.5)])
    table.add(weight(2), param=[ParamSpec(name="w", lr_mult=3, decay_mult=0.5)])
    assert (table.graph.params[0].lr_mult, table.graph.params[0].decay_mult) == (3, 0.5)
    assert table.messages == []


def test_multipliers_that_differ_are_a_fault(table: Table) -> None:
    table.add(weight(2), param=[ParamSpec(name="w")])
    table.add(weight(2), param=[ParamSpec(name="w", decay_mult=0.5)])
    table.add(weight(2), param=[ParamSpec(name="w", decay_mult=0)])
    assert table.messages == ["l2: shared param 'w' has decay_mult 0.5 in layer 'l0' and 0 here"]
    assert table.graph.params[0].decay_mult == 0.5


@pytest.mark.parametrize(
    ("shape", "mode", "fits", "hinted"),
    [
        ((2, 6), ParamSpec.STRICT, True, False),
        ((6, 2), ParamSpec.STRICT, False, True),
        ((12,), PERMISSIVE, True, False),
        ((6, 2), PERMISSIVE, True, False),
        ((2, 5), PERMISSIVE, False, False),
    ],
)
def test_shared_shapes_are_equal_or_permissive_of_equal_count(
    table: Table, shape: tuple[int, ...], mode: ParamSpec.DimCheckMode, fits: bool, hinted: bool
) -> None:
    table.add(weight(2, 6), param=[ParamSpec(name="w")])
    table.add(weight(*shape), param=[ParamSpec(name="w", share_mode=mode)])
    assert table.messages == (
        [] if fits else [f"l1: shared param 'w' is (2, 6) in layer 'l0' and {shape} here"]
    )
    assert any("PERMISSIVE" in (fault.hint or "") for fault in table.faults) is hinted


def test_param_of_a_submodule_is_no_view_of_another_shape(table: Table) -> None:
    spec = ParamSpec(name="w", share_mode=PERMISSIVE)
    table.add(weight(2, 6), param=[spec])
    table.add(weight(2, 6, made=True), param=[spec])
    assert table.messages == []
    table.add(weight(6, 2, made=True), param=[spec])
    assert table.messages == [
        "l2: param 'weight' of a submodule has the shape (6, 2) and can't be a view of the shared (2, 6)"
    ]


def test_count_of_a_scalar_param_is_one() -> None:
    assert GraphParam(0, weight()).count == 1


def test_multiplier_that_is_not_finite_is_a_fault(table: Table) -> None:
    table.add(weight(2), param=[ParamSpec(lr_mult=float("nan"))])
    table.add(weight(2), param=[ParamSpec(decay_mult=float("inf"))])
    assert table.messages == [
        "l0: lr_mult is nan; expected a finite number",
        "l1: decay_mult is inf; expected a finite number",
    ]


def test_negative_multiplier_is_a_warning(table: Table) -> None:
    table.add(weight(2), param=[ParamSpec(lr_mult=-1, decay_mult=-2)])
    assert table.faults == []
    assert [warning.message for warning in table.graph.warnings] == [
        "lr_mult is -1, which makes the loss larger",
        "decay_mult is -2, which makes the weights larger",
    ]
