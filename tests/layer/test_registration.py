"""Registering layer classes: names, checks, declared fields, conflicts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch import Tensor

import layerzoo
from layerzoo import user_code
from layerzoo.errors import ContractError
from layerzoo.layer import LAYERS, Layer, register
from layerzoo.schema import LayerParameter, fields


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what a test registers."""
    monkeypatch.setattr(user_code, "_layers", {})
    known = dict(LAYERS._known)
    yield
    for name in LAYERS._known.keys() - known.keys():
        if LAYERS._known[name].__module__ == __name__:
            del LAYERS._known[name]


def test_register_makes_a_class_known_by_its_name() -> None:
    @register
    class TripleForTest(Layer):
        def forward(self, x: Tensor) -> Tensor:
            return 3 * x

    assert LAYERS["TripleForTest"] is TripleForTest
    assert TripleForTest.type_name == "TripleForTest"
    (place,) = user_code.users_layers()
    assert place.startswith("TripleForTest (")
    assert "test_registration.py:" in place


def test_register_declares_the_fields_of_a_class() -> None:
    @register
    class ShiftForTest(Layer):
        by = layerzoo.field(float, 1.5, "Shift of the output.")

        def forward(self, x: Tensor) -> Tensor:
            return x + self.by

    assert ShiftForTest.messages == ("shift_for_test_param",)
    assert "shift_for_test_param" in fields(LayerParameter)
    assert ShiftForTest(LayerParameter(name="s")).by == 1.5


def test_register_refuses_the_name_of_a_layer_of_layerzoo() -> None:
    relu = LAYERS["ReLU"]
    with pytest.raises(ContractError, match=r"test_registration.py:\d+: layer type 'ReLU' is already regist"):

        @register
        class ReLU(Layer):
            def forward(self, x: Tensor) -> Tensor:
                return x

    assert LAYERS["ReLU"] is relu


def test_register_takes_a_class_of_the_same_place_again() -> None:
    def define(factor: int) -> type[Layer]:
        @register
        class AgainForTest(Layer):
            def forward(self, x: Tensor) -> Tensor:
                return factor * x

        return AgainForTest

    define(1)
    second = define(2)
    assert LAYERS["AgainForTest"] is second


def test_register_checks_the_class_before_it_is_known() -> None:
    with pytest.raises(ContractError, match="class EmptyForTest has no method forward"):

        @register
        class EmptyForTest(Layer):
            pass

    assert "EmptyForTest" not in LAYERS._known


def test_register_refuses_a_field_that_hides_a_member_of_layers() -> None:
    with pytest.raises(ContractError, match="'blobs'"):

        @register
        class HidesForTest(Layer):
            blobs = layerzoo.field(int, 1)  # type: ignore[assignment]  # the mistake

            def forward(self, x: Tensor) -> Tensor:
                return x

    assert "HidesForTest" not in LAYERS._known
