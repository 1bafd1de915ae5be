"""If: one of two subnets, by a condition."""

from __future__ import annotations

_BODIES = """
  body {
    layer { name: "in" type: "Input" top: "x" }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
  }
"""
EXAMPLE = f"""
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 3 dim: 4 }} }} }}
layer {{ name: "c" type: "Input" top: "c" input_param {{ shape {{ dim: 3 }} }} }}
layer {{ name: "positive" type: "Threshold" bottom: "c" top: "flag" }}
layer {{ name: "each" type: "If" bottom: "flag" bottom: "x" top: "y" subnet_param {{ per_sample: true {_BODIES} }} }}
layer {{ name: "one" type: "Reduction" bottom: "flag" top: "all" reduction_param {{ axis: 0 }} }}
layer {{ name: "whole" type: "If" bottom: "all" bottom: "x" top: "z" subnet_param {{ output: "y" {_BODIES}
  else_body {{
    layer {{ name: "in" type: "Input" top: "x" }}
    layer {{ name: "act" type: "TanH" bottom: "x" top: "y" }}
  }} }} }}
"""
