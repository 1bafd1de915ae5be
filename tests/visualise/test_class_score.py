"""The score of a class."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise.blob_values import top_of, values_of
from layerzoo.visualise.class_score import class_score, scores_layer
from tests.visualise.nets import net_of, small_net


def test_score_is_that_before_the_softmax_of_the_predicted_class() -> None:
    net = small_net()
    image = torch.randn(1, 1, 6, 6)
    found = class_score(net, image, "prob", ["a", "b", "c"])
    with torch.no_grad():
        prob = net(data=image)["prob"][0]
    assert found.index == int(prob.argmax())
    assert found.name == "abc"[found.index]
    assert scores_layer(net, "prob") == "ip"
    assert found.answer == pytest.approx(float(prob.max()))
    assert found.score == top_of(net, "ip").index
    assert found.probability == top_of(net, "prob").index
    torch.testing.assert_close(found.answers(net, image), prob.max()[None])


def test_score_is_of_the_class_that_is_named() -> None:
    net, image = small_net(), torch.zeros(1, 1, 6, 6)
    assert class_score(net, image, "prob", ["cat", "2", "dog"], "dog").index == 2
    assert class_score(net, image, "prob", ["cat", "2", "dog"], "2").index == 1, "a label comes first"
    assert class_score(net, image, "prob", [], "1").name == "1"
    with pytest.raises(UsageError, match=r"no class 'dgo'; did you mean 'dog'\?"):
        class_score(net, image, "prob", ["cat", "2", "dog"], "dgo")
    with pytest.raises(UsageError, match="no class '3'; known are 0 to 2"):
        class_score(net, image, "prob", [], "3")


def test_scores_of_places_are_summed() -> None:
    net = net_of("""
    name: places
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 3, 3]}}}
    - {name: score, type: Convolution, bottom: data, top: score,
       convolution_param: {num_output: 2, kernel_size: 1, weight_filler: {type: gaussian}}}
    """)
    image = torch.randn(1, 1, 3, 3)
    found = class_score(net, image, "score", [], "1")
    values = values_of(net, image, {found.score})[found.score].detach()
    torch.testing.assert_close(found.of(values), values[:, 1].sum()[None])
    assert found.answer == pytest.approx(float(values[0, 1].mean()))


def test_output_of_detections_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net = small_net()
    monkeypatch.setattr(type(net.layer("prob")), "gives_detections", True)
    for refused in (
        lambda: class_score(net, torch.zeros(1, 1, 6, 6), "prob", []),
        lambda: scores_layer(net, "prob"),
    ):
        with pytest.raises(UsageError, match="output 'prob' is a list of detections"):
            refused()


def test_output_without_classes_is_refused() -> None:
    net = net_of("""
    name: one
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 4]}}}
    - {name: sum, type: Reduction, bottom: data, top: sum, reduction_param: {axis: 1}}
    """)
    with pytest.raises(UsageError, match=r"output 'sum' has shape \(1,\); expected scores of classes"):
        class_score(net, torch.zeros(1, 4), "sum", [])
