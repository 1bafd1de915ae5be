"""Where configs differ."""

from __future__ import annotations

from layerzoo.loader import parse_net, parse_solver
from layerzoo.runs import differences
from layerzoo.runs.diff import flat

NET = """
name: "n"
layer {
  name: "data" type: "Input" top: "data" include { phase: TRAIN }
  input_param { shape { dim: 2 dim: 3 } }
}
layer { name: "data" type: "Input" top: "data" include { phase: TEST } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: %d } }
"""


def test_fields_by_their_paths() -> None:
    found = flat(parse_net(NET % 4).message, "net.")
    assert found["net.name"] == "n"
    assert found["net.layer[ip].inner_product_param.num_output"] == "4"
    assert found["net.layer[ip].inner_product_param.bias_term"] == "true"  # the schema's default
    assert found["net.layer[data].input_param.shape[0].dim[1]"] == "3"
    assert found["net.layer[data,TEST].include[0].phase"] == "TEST"
    assert "net.layer[ip].convolution_param.num_output" not in found


def test_equal_fields_and_defaults_are_left_out() -> None:
    one = flat(parse_solver('base_lr: 0.1 type: "SGD" snapshot_prefix: "a"').message)
    other = flat(parse_solver('base_lr: 0.01 max_iter: 5 snapshot_prefix: "b" stepvalue: [3, 4]').message)
    assert differences([one, other]) == {
        "base_lr": ["0.1", "0.01"],
        "max_iter": ["", "5"],
        "stepvalue[0]": ["", "3"],
        "stepvalue[1]": ["", "4"],
    }
    assert differences([one, one]) == {}


def test_differences_of_three_configs() -> None:
    configs = [flat(parse_net(NET % count).message) for count in (4, 5, 4)]
    assert differences(configs) == {"layer[ip].inner_product_param.num_output": ["4", "5", "4"]}
