"""The net for deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter
from layerzoo.zoo.deploy import deploy_net

DIGITS = """- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 9}}"""


def deployed(text: str) -> NetParameter:
    return deploy_net(parse_net(text, format="yaml").message)


def layers(net: NetParameter) -> list[tuple[str, str, list[str], list[str]]]:
    return [(layer.name, layer.type, list(layer.bottom), list(layer.top)) for layer in net.layer]


def test_inputs_take_the_place_of_data_and_predictions_that_of_losses() -> None:
    net = deployed(f"""
name: net
layer:
{DIGITS}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, param: [{{lr_mult: 1}}],
    inner_product_param: {{num_output: 10, weight_filler: {{type: xavier}}}}}}
- {{name: drop, type: Dropout, bottom: ip, top: ip, include: {{phase: TRAIN}}}}
- {{name: relu, type: ReLU, bottom: ip, top: ip}}
- {{name: accuracy, type: Accuracy, bottom: [ip, label], top: accuracy, include: {{phase: TEST}}}}
- {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss, softmax_param: {{axis: 1}}}}
""")
    assert net.name == "net"
    assert layers(net) == [
        ("data", "Input", [], ["data"]),
        ("ip", "InnerProduct", ["data"], ["ip"]),
        ("relu", "ReLU", ["ip"], ["ip"]),
        ("prob", "Softmax", ["ip"], ["prob"]),
    ]
    assert list(net.layer[0].input_param.shape[0].dim) == [1, 1, 28, 28]
    assert net.layer[1].inner_product_param.num_output == 10
    assert not net.layer[1].inner_product_param.HasField("weight_filler")
    assert not net.layer[1].param
    assert net.layer[3].softmax_param.axis == 1


def test_what_only_the_loss_needs_is_left_out() -> None:
    """An autoencoder: the target is made from the data; the net has its Sigmoid already."""
    net = deployed(f"""
layer:
{DIGITS}
- {{name: silence, type: Silence, bottom: label}}
- {{name: target, type: Flatten, bottom: data, top: target}}
- {{name: code, type: InnerProduct, bottom: data, top: code, inner_product_param: {{num_output: 4}}}}
- {{name: back, type: InnerProduct, bottom: code, top: back, inner_product_param: {{num_output: 784}}}}
- {{name: loss, type: SigmoidCrossEntropyLoss, bottom: [back, target], top: loss}}
- {{name: picture, type: Sigmoid, bottom: back, top: picture}}
- {{name: error, type: EuclideanLoss, bottom: [picture, target], top: error, loss_weight: 0}}
""")
    assert [layer.name for layer in net.layer] == ["data", "code", "back", "picture"]


def test_a_euclidean_loss_leaves_what_it_judged() -> None:
    net = deployed(f"""
layer:
{DIGITS}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {{num_output: 1}}}}
- {{name: loss, type: EuclideanLoss, bottom: [ip, label], top: loss}}
""")
    assert [layer.name for layer in net.layer] == ["data", "ip"]


def test_auxiliary_branches_are_cut() -> None:
    net = deployed(f"""
layer:
{DIGITS}
- {{name: trunk, type: InnerProduct, bottom: data, top: trunk, inner_product_param: {{num_output: 8}}}}
- {{name: side, type: InnerProduct, bottom: trunk, top: side, inner_product_param: {{num_output: 10}}}}
- {{name: side_loss, type: SoftmaxWithLoss, bottom: [side, label], top: side_loss, loss_weight: 0.3}}
- {{name: main, type: InnerProduct, bottom: trunk, top: main, inner_product_param: {{num_output: 10}}}}
- {{name: main_loss, type: SoftmaxWithLoss, bottom: [main, label], top: main_loss}}
""")
    assert [layer.name for layer in net.layer] == ["data", "trunk", "main", "prob"]


def test_a_net_that_knows_the_stage_is_taken_at_its_word() -> None:
    net = deployed("""
layer:
- {name: data, type: DummyData, top: data, exclude: {stage: deploy},
   dummy_data_param: {shape: {dim: [5, 2]}}}
- {name: data, type: Input, top: data, include: {stage: deploy}, input_param: {shape: {dim: [3, 2]}}}
- {name: target, type: DummyData, top: target, exclude: {stage: deploy},
   dummy_data_param: {shape: {dim: [5, 1]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 1}}
- {name: loss, type: EuclideanLoss, bottom: [ip, target], top: loss, exclude: {stage: deploy}}
""")
    assert [layer.type for layer in net.layer] == ["Input", "InnerProduct"]
    assert list(net.layer[0].input_param.shape[0].dim) == [3, 2]


def test_a_net_for_deployment_stays_what_it_is() -> None:
    text = """
name: already
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [10, 3]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 2}}
- {name: prob, type: Softmax, bottom: ip, top: prob}
"""
    once = deployed(text)
    assert [layer.name for layer in once.layer] == ["data", "ip", "prob"]
    assert deploy_net(once) == once


def test_an_input_whose_first_axis_is_not_a_batch_keeps_it() -> None:
    net = deployed("""
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [6, 4]}}}
- {name: half, type: Slice, bottom: data, top: [a, b], slice_param: {axis: 0, slice_point: 3}}
- {name: sum, type: Eltwise, bottom: [a, b], top: sum}
""")
    assert list(net.layer[0].input_param.shape[0].dim) == [6, 4]


def test_nothing_but_data_cannot_be_deployed() -> None:
    with pytest.raises(ZooError, match="nothing to deploy"):
        deployed(f"layer:\n{DIGITS}\n")


def test_shipped_configs_have_a_form_for_deployment() -> None:
    names = ("lenet_train_test.yaml", "mlp_train_test.yaml", "lenet_crops_train_test.yaml")
    for name in names:
        net = deploy_net(Path("configs") / name)
        assert net.layer[0].type == "Input"
        assert net.layer[-1].type == "Softmax"
