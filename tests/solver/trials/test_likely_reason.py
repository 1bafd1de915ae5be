"""The likely reason of a difference between two runs."""

from __future__ import annotations

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.solver.trials.likely_reason import likely_reason
from layerzoo.solver.trials.run_hashes import Difference

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t"
        dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4 } }
layer { name: "relu" type: "ReLU" bottom: "y" top: "z" }
layer { name: "l" type: "EuclideanLoss" bottom: "z" bottom: "t" top: "l" }
"""


def graph() -> Graph:
    return Net(parse_net(NET), "TRAIN").graph


def as_python(layer: str) -> Graph:
    found = graph()
    spec = next(spec for spec in found.layers if spec.name == layer)
    spec.param.python_param.module, spec.param.python_param.layer = "mine", "Counting"
    return found


def test_own_layer_with_other_tops_has_state_after_a_resume() -> None:
    reason = likely_reason(Difference("tops", 3, "relu", "top 'z'"), as_python("relu"), resumed=True)
    assert reason.startswith(
        "the Python class mine.Counting gives other tops for the same bottoms: it has state"
    )


def test_own_layer_that_differs_undisturbed_draws_random_numbers() -> None:
    reason = likely_reason(Difference("tops", 3, "relu"), as_python("relu"), resumed=False)
    assert "mine.Counting" in reason
    assert "in a run that was not resumed" in reason
    assert "state" not in reason


def test_gradient_is_computed_by_the_layer_above() -> None:
    reason = likely_reason(Difference("gradients", 3, "ip", "top 'y'"), as_python("relu"), resumed=True)
    assert reason.startswith("the Python class mine.Counting of layer 'relu' gives another gradient")
    reason = likely_reason(Difference("gradients", 3, "ip", "top 'y'"), graph(), resumed=True)
    assert reason.startswith("the backward pass of 'relu' differs")


def test_samples_of_a_built_in_source_point_to_the_source() -> None:
    assert "the source gives other samples" in likely_reason(
        Difference("samples", 1, "d"), graph(), resumed=True
    )
    own = likely_reason(Difference("samples", 1, "d"), as_python("d"), resumed=True)
    assert own.startswith("the Python class mine.Counting gives other samples: it has state")


def test_weights_alone_name_all_own_layers() -> None:
    difference = Difference("weights", 3, "ip", "param 'weight'")
    assert "layer 'relu' (the Python class mine.Counting)" in likely_reason(
        difference, as_python("relu"), resumed=True
    )
    assert "-deterministic" in likely_reason(difference, graph(), resumed=True)
