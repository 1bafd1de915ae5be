"""Fillers that a layer's message gives."""

from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.layer import OwnParam
from layerzoo.layer.filler_fields import check_fillers
from layerzoo.schema import FillerParameter, InnerProductParameter, LayerParameter, ParamSpec


def layer(*specs: ParamSpec, **fillers: FillerParameter) -> LayerParameter:
    return LayerParameter(param=specs, inner_product_param=InnerProductParameter(num_output=2, **fillers))


def check(param: LayerParameter) -> None:
    p = param.inner_product_param
    own = [OwnParam("weight", (2, 3), p.weight_filler), OwnParam("bias", (2,), p.bias_filler)]
    check_fillers(param, ("inner_product_param",), own)


def test_filler_that_can_not_fill_its_param_is_named() -> None:
    with pytest.raises(LayerFault) as caught:
        check(layer(bias_filler=FillerParameter(type="gaussian", std=-1)))
    assert (caught.value.field or "").startswith("inner_product_param.bias_filler")


def test_filler_of_a_blob_is_refused() -> None:
    with pytest.raises(LayerFault, match="a filler of param 'weight', which is the blob 'w'") as caught:
        check(layer(ParamSpec(blob="w"), weight_filler=FillerParameter(type="xavier")))
    assert caught.value.field == "inner_product_param.weight_filler"


def test_filler_of_the_other_params_is_not() -> None:
    check(layer(ParamSpec(blob="w"), bias_filler=FillerParameter(type="constant")))
