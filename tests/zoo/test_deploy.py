"""Conversion of training nets to deploy nets."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.zoo.deploy import deploy_net

DIGITS = """- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 9}}"""


def deployed(text: str) -> NetParameter:
    return deploy_net(parse_net(text, format="yaml").message)


def layers(net: NetParameter) -> list[tuple[str, str, list[str], list[str]]]:
    return [(layer.name, layer.type, list(layer.bottom), list(layer.top)) for layer in net.layer]


def test_deployed_net_has_inputs_for_data_and_predictions_for_losses() -> None:
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


def test_layers_used_only_by_the_loss_are_removed() -> None:
    """An autoencoder whose target is computed from the data and whose Sigmoid is already in the net."""
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


def test_euclidean_loss_is_replaced_by_its_bottom() -> None:
    net = deployed(f"""
layer:
{DIGITS}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {{num_output: 1}}}}
- {{name: loss, type: EuclideanLoss, bottom: [ip, label], top: loss}}
""")
    assert [layer.name for layer in net.layer] == ["data", "ip"]


def test_auxiliary_branches_are_removed() -> None:
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


def test_deploy_stage_of_a_net_is_used_unchanged() -> None:
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


def test_deploy_net_is_unchanged() -> None:
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


def test_input_without_a_batch_axis_keeps_its_first_axis() -> None:
    net = deployed("""
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [6, 4]}}}
- {name: half, type: Slice, bottom: data, top: [a, b], slice_param: {axis: 0, slice_point: 3}}
- {name: sum, type: Eltwise, bottom: [a, b], top: sum}
""")
    assert list(net.layer[0].input_param.shape[0].dim) == [6, 4]


def test_net_of_data_layers_alone_is_refused() -> None:
    with pytest.raises(ZooError, match="nothing to deploy"):
        deployed(f"layer:\n{DIGITS}\n")


def test_shipped_configs_can_be_deployed() -> None:
    names = ("lenet_train_test.yaml", "mlp_train_test.yaml", "lenet_crops_train_test.yaml")
    for name in names:
        net = deploy_net(Path("configs") / name)
        assert net.layer[0].type == "Input"
        assert net.layer[-1].type == "Softmax"


def test_deploy_refuses_to_leave_out_the_first_layer_of_a_name() -> None:
    with pytest.raises(
        ZooError, match="several layers with params are named 'fc', and deployment leaves out"
    ):
        deployed(f"""
layer:
{DIGITS}
- {{name: fc, type: InnerProduct, bottom: data, top: aux, inner_product_param: {{num_output: 10}}}}
- {{name: aux, type: SoftmaxWithLoss, bottom: [aux, label], top: l1, loss_weight: 0.3}}
- {{name: fc, type: InnerProduct, bottom: data, top: main, inner_product_param: {{num_output: 10}}}}
- {{name: main, type: SoftmaxWithLoss, bottom: [main, label], top: l2}}
""")


@pytest.mark.parametrize("targets", [1, 2])
def test_predictions_of_normalised_targets_get_their_units_back(tmp_path: Path, targets: int) -> None:
    names = ["target 1", "target 2"][:targets]
    rows = "".join(f"{n},{','.join([f'{n}.5', f'{100 * n + 7}.5'][:targets])}\n" for n in range(5))
    (tmp_path / "t.csv").write_text(f"x,{','.join(names)}\n{rows}")
    net = deployed(f"""layer:
- {{name: data, type: CSVData, top: [numbers, label],
    csv_data_param: {{source: "{tmp_path / "t.csv"}", batch_size: 4}}}}
- {{name: score, type: InnerProduct, bottom: numbers, top: score,
    inner_product_param: {{num_output: {targets}}}}}
- {{name: loss, type: EuclideanLoss, bottom: [score, label], top: loss}}
""")
    built = Net(net, "TEST")
    built.params["score"][0].data[:] = 0
    built.params["score"][1].data[:] = 1
    outputs = built(numbers=torch.zeros(1, 1))
    assert list(outputs) == ["prediction"], "one output, in the units of the table"
    wanted = [2.5 + 2**0.5, 207.5 + 100 * 2**0.5][:targets]
    assert outputs["prediction"][0].tolist() == pytest.approx(wanted)
