from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import torch
from torch import Tensor

from layerzoo.contract.example import Example, distinct, example_of, nudged, run
from layerzoo.errors import ContractError, LayerFault
from layerzoo.layer import LAYERS, Layer, Shape, exactly, register
from layerzoo.schema import TRAIN, LayerParameter

INNER_PRODUCT = (
    "inner_product_param { num_output: 2 weight_filler { type: 'constant' value: 1 } bias_term: false }"
)


def test_distinct_values_are_between_minus_1_and_1_and_not_near_0() -> None:
    values = distinct((2, 3))
    assert values.shape == (2, 3)
    # (i + 1/2) / 6 * 2 - 1 for i = 0 ... 5, in random order
    assert sorted(values.flatten().tolist()) == pytest.approx([-5 / 6, -3 / 6, -1 / 6, 1 / 6, 3 / 6, 5 / 6])
    assert torch.equal(values, distinct((2, 3)))
    assert distinct(()).item() == 0


def test_nudged_separates_equal_values_and_leaves_integers() -> None:
    nudge = nudged(torch.full((4,), 0.5)) - 0.5
    assert len(nudge.unique()) == 4
    assert 0 < nudge.abs().max() < 1e-3
    labels = torch.tensor([2.0, 0.0, 2.0])
    assert nudged(labels) is labels


def test_example_of_uses_the_first_shape_that_the_class_accepts() -> None:
    relu = example_of(LAYERS["ReLU"])
    assert relu.kind is LAYERS["ReLU"]
    assert relu.shapes == [(3, 4)]
    assert relu.param.phase == TRAIN
    assert list(relu.param.top) == ["y0"]
    pooling = example_of(LAYERS["Pooling"])  # 3 x 3 windows with a stride of 2
    assert pooling.shapes == [(2, 3, 4, 5)]
    assert pooling.param.pooling_param.stride == 2


def test_example_of_takes_fields_in_place_of_the_classs_example() -> None:
    assert example_of(LAYERS["ELU"], "elu_param { alpha: 0.25 }").param.elu_param.alpha == 0.25


def test_example_of_raises_with_the_last_fault_if_no_shape_fits() -> None:
    with pytest.raises(ContractError, match=r"no example of Reshape: .*dims \[77\] make 77 values"):
        example_of(LAYERS["Reshape"], "reshape_param { shape { dim: 77 } }")


@pytest.fixture
def mixture() -> Iterator[type[Layer]]:
    class MixtureForTest(Layer):
        """Passes on two bottoms of different shapes."""

        bottoms = exactly(2)
        tops = exactly(2)

        @classmethod
        def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
            if bottoms[0] == bottoms[1]:
                raise LayerFault("bottoms of equal shapes")
            return list(bottoms)

        def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
            return x, y

    yield register(MixtureForTest)
    del LAYERS._known["MixtureForTest"]


def test_example_of_tries_mixtures_of_shapes_after_equal_ones(mixture: type[Layer]) -> None:
    example = example_of(mixture)
    assert example.shapes == [(3, 4), (2, 3, 4, 5)]
    assert list(example.param.bottom) == ["x0", "x1"]
    assert list(example.param.top) == ["y0", "y1"]


def test_layer_has_the_examples_params_dtype_and_shapes() -> None:
    example = example_of(LAYERS["InnerProduct"], INNER_PRODUCT)
    assert example.layer().weight.tolist() == [[1] * 4] * 2
    example.params = [torch.full((2, 4), 3.0)]
    layer = example.layer(torch.float64)
    assert layer.weight.dtype == torch.float64
    assert layer.weight.tolist() == [[3] * 4] * 2
    example.params = None
    assert example.layer(shapes=[(5, 6)]).weight.shape == (2, 6)


def test_layer_refuses_another_number_of_params() -> None:
    example = example_of(LAYERS["InnerProduct"], INNER_PRODUCT)
    example.params = [torch.zeros(2, 4), torch.zeros(2)]
    with pytest.raises(ValueError, match="zip"):
        example.layer()


def test_layer_is_prepared() -> None:
    example = example_of(LAYERS["ReLU"])
    prepared: list[Layer] = []
    example.prepare = prepared.append
    layer = example.layer()
    assert prepared == [layer]


def test_run_returns_a_tuple() -> None:
    x = torch.tensor([-1.0, 2.0])
    (top,) = run(LAYERS["ReLU"](LayerParameter(name="r")), [x])
    assert top.tolist() == [0, 2]
    split = LAYERS["Split"](LayerParameter(name="s", top=["a", "b"]))
    assert [top.tolist() for top in run(split, [x])] == [[-1, 2], [-1, 2]]


def test_run_closes_a_layer_that_reads_data() -> None:
    class Closing(Layer):
        is_data = True
        closed = 0

        def forward(self) -> Tensor:
            assert not self.closed
            return torch.ones(1)

        def close(self) -> None:
            self.closed += 1

    layer = Closing(LayerParameter(name="c"))
    assert [top.tolist() for top in run(layer, [])] == [[1]]
    assert layer.closed == 1
    assert Example("", LayerParameter(type="Data"), []).kind is LAYERS["Data"]
