from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.loader import convert_text, parse_net
from layerzoo.pycaffe import layers as L
from layerzoo.pycaffe import net_spec
from layerzoo.pycaffe import params as P
from layerzoo.pycaffe.net_spec import Top, param_name_dict, to_proto
from tests.pycaffe.conftest import Write

XAVIER = {"type": "xavier"}


def _named() -> Any:
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(
        shape=[{"dim": [2, 1, 28, 28]}, {"dim": [2, 1, 1, 1]}], transform_param={"scale": 0.5}, ntop=2
    )
    n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=20, weight_filler=XAVIER)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.ip1 = L.InnerProduct(
        n.pool1, num_output=10, weight_filler=XAVIER, param=[{"lr_mult": 1}, {"lr_mult": 2}]
    )
    n.relu1 = L.ReLU(n.ip1, in_place=True)
    n.loss = L.SoftmaxWithLoss(n.relu1, n.label)
    return n


def test_net_spec_names_layers_by_attribute(write: Write) -> None:
    net = _named().to_proto()
    assert [layer.name for layer in net.layer] == ["data", "conv1", "pool1", "ip1", "relu1", "loss"]
    relu = net.layer[4]
    assert (list(relu.bottom), list(relu.top)) == (["ip1"], ["ip1"])
    assert list(net.layer[5].bottom) == ["ip1", "label"]
    assert list(net.layer[1].convolution_param.kernel_size) == [5]
    assert [spec.lr_mult for spec in net.layer[3].param] == [1, 2]
    assert net.layer[0].transform_param.scale == 0.5
    assert len(caffe.Net(write(str(net)), caffe.TEST).layers) == 6


def test_to_proto_names_layers_by_type() -> None:
    data, label = L.DummyData(shape=[{"dim": [2, 3]}, {"dim": 2}], ntop=2)
    relu = L.ReLU(L.InnerProduct(data, num_output=4), in_place=True)
    net = L.SoftmaxWithLoss(L.InnerProduct(relu, num_output=4), label).to_proto()
    assert [layer.name for layer in net.layer] == [
        "DummyData1",
        "InnerProduct1",
        "ReLU1",
        "InnerProduct2",
        "SoftmaxWithLoss1",
    ]
    assert list(net.layer[0].top) == ["DummyData1", "DummyData2"]
    assert list(net.layer[2].top) == list(net.layer[2].bottom) == ["InnerProduct1"]


def test_layers_without_tops(write: Write) -> None:
    n = caffe.NetSpec()
    n.data, n.data2 = L.DummyData(shape={"dim": 3}, ntop=2)
    n.silence, n.silence2 = L.Silence(n.data, ntop=0), L.Silence(n.data2, ntop=0)
    net = n.to_proto()
    assert [layer.name for layer in net.layer] == ["data", "silence", "silence2"]
    assert caffe.Net(write(str(net)), caffe.TEST).forward() == {}


def test_input_that_is_not_a_top_is_refused() -> None:
    data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=r"^Silence input 0 is not a Top \(type is <class 'tuple'>\)$"):
        L.Silence(data, ntop=0)
    assert L.Silence(*data, ntop=0).ntop == 0


def test_net_spec_attributes_and_items() -> None:
    n = _named()
    assert isinstance(n.conv1, Top)
    assert n["conv1"] is n.conv1
    n["extra"] = L.ReLU(n.conv1)
    del n.extra
    with pytest.raises(KeyError, match="this NetSpec has no top 'extra'"):
        _ = n.extra
    assert not hasattr(n, "extra")
    assert list(copy.deepcopy(n).tops) == list(n.tops)
    n.update("conv1", {"num_output": 7})
    assert n.to_proto().layer[1].convolution_param.num_output == 7


def test_params_of_the_layer_itself() -> None:
    top = L.Deconvolution(
        L.Input(shape={"dim": [1, 1, 4, 4]}),
        num_output=2,
        kernel_size=4,
        stride=2,
        include={"phase": caffe.TEST},
    )
    layer = to_proto(top).layer[1]
    assert layer.convolution_param.num_output == 2
    assert layer.include[0].phase == caffe.TEST
    with pytest.raises(AttributeError):
        to_proto(L.ReLU(top, nonsense=1))


def test_param_name_dict_and_enum_values() -> None:
    names = param_name_dict()
    assert (names["Convolution"], names["InnerProduct"], names["LRN"]) == (
        "convolution",
        "inner_product",
        "lrn",
    )
    assert P.Eltwise.MAX == 2


def test_net_spec_converts_to_equal_yaml() -> None:
    text = str(_named().to_proto())
    yaml = convert_text(text, "yaml")
    assert parse_net(yaml, format="yaml").message == parse_net(text).message


def test_integer_fields_accept_whole_floats_and_numpy_numbers() -> None:
    pad = (3 - 1) / 2
    net = L.Convolution(
        L.Input(), num_output=np.float32(8), kernel_size=[3.0, 5], pad=pad, group=np.int64(2)
    ).to_proto()
    param = net.layer[1].convolution_param
    assert (param.num_output, list(param.kernel_size), list(param.pad), param.group) == (8, [3, 5], [1], 2)
    assert L.Dropout(L.Input(), dropout_ratio=1).to_proto().layer[1].dropout_param.dropout_ratio == 1


def test_invalid_parameters_name_the_layer() -> None:
    n = caffe.NetSpec()
    n.data = L.Input()
    n.fc = L.InnerProduct(n.data, num_output=24 / 16)
    with pytest.raises(TypeError, match=r"layer 'fc' of type InnerProduct: num_output=1\.5: "):
        n.to_proto()
    n.fc = L.InnerProduct(n.data, num_outputs=3)
    with pytest.raises(AttributeError, match=r"layer 'fc' .*: LayerParameter has no field 'num_outputs'"):
        n.to_proto()
    n.fc = L.InnerProduct(n.data, weight_filler={"typ": "xavier"})
    with pytest.raises(AttributeError, match=r"weight_filler=.*: FillerParameter has no field 'typ'"):
        n.to_proto()


def test_net_spec_has_keys_and_vals_of_ssd() -> None:
    n = _named()
    assert n.keys() == ["data", "label", "conv1", "pool1", "ip1", "relu1", "loss"]
    assert n.vals()[2] is n.conv1
    assert n[n.keys()[-1]] is n.loss
    assert net_spec._param_names["Convolution"] == "convolution"


def test_param_names_accept_a_users_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(net_spec._param_names, "OwnConvolution", "convolution")
    net = L.OwnConvolution(L.Input(), num_output=7).to_proto()
    assert (net.layer[1].type, net.layer[1].convolution_param.num_output) == ("OwnConvolution", 7)


@pytest.mark.parametrize(
    ("type_name", "field", "hint"),
    [("Convolutoin", "num_output", "'Convolution'"), ("Convolution", "num_outputs", "'num_output'")],
)
def test_misspelt_names_get_a_suggestion(type_name: str, field: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"{field}=3: .*; did you mean {hint}"):
        getattr(L, type_name)(**{field: 3}).to_proto()
    with pytest.raises(AttributeError, match=r"has no field 'zzz'$"):
        L.Convolution(zzz=3).to_proto()


def test_function_to_proto() -> None:
    function = net_spec.Function("Pooling", [L.Input()], {"kernel_size": 2, "ntop": 1})
    layer = function.to_proto().layer[1]
    assert (layer.type, layer.bottom, layer.top) == ("Pooling", ["Input1"], ["Pooling1"])
    assert layer.pooling_param.kernel_size == 2
    with pytest.raises(TypeError, match="input 0 is not a Top"):
        net_spec.Function("Pooling", ["data"], {})
