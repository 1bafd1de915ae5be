"""Loop: a subnet a number of times, or while a blob says so."""

from __future__ import annotations

EXAMPLE = """
layer { name: "q" type: "Input" top: "q" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "hops" type: "Loop" bottom: "q" top: "q2" subnet_param { times: 2 output: "q1"
  carry { blob: "q1" input: "q" }
  body {
    layer { name: "in" type: "Input" top: "q" input_param { shape { dim: 3 dim: 4 } } }
    layer { name: "R" type: "InnerProduct" bottom: "q" top: "sum" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "act" type: "TanH" bottom: "sum" top: "q1" }
  } } }
layer { name: "until" type: "Loop" bottom: "q" top: "y" subnet_param { times: 3 share_params: true
  per_sample: true while: "more" carry { blob: "q1" input: "q" } output: "q1"
  body {
    layer { name: "in" type: "Input" top: "q" }
    layer { name: "R" type: "InnerProduct" bottom: "q" top: "sum" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "act" type: "TanH" bottom: "sum" top: "q1" }
    layer { name: "size" type: "Reduction" bottom: "q1" top: "size" reduction_param { axis: 1 operation: ASUM } }
    layer { name: "more" type: "Threshold" bottom: "size" top: "more" threshold_param { threshold: 0.9 } }
  } } }
"""
