"""Recurrent: a subnet at each step along an axis."""

from __future__ import annotations

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 dim: 4 } } }
layer { name: "seen" type: "Input" top: "seen" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "rnn" type: "Recurrent" bottom: "x" bottom: "seen" top: "y" top: "h_T" subnet_param {
  carry { blob: "h1" input: "h" } output: "h1" last: "h1" truncate: 0 axis: 0 feed_back { blob: "x1" input: "x" }
  body {
    layer { name: "in" type: "Input" top: "x" top: "seen" top: "h"
      input_param { shape { dim: 2 dim: 4 } shape { dim: 2 dim: 3 } shape { dim: 2 dim: 3 } } }
    layer { name: "ix" type: "InnerProduct" bottom: "x" top: "ix" inner_product_param {
      num_output: 3 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "ih" type: "InnerProduct" bottom: "h" top: "ih" inner_product_param {
      num_output: 3 bias_term: false weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "sum" type: "Eltwise" bottom: "ix" bottom: "ih" bottom: "seen" top: "sum" }
    layer { name: "h" type: "TanH" bottom: "sum" top: "h1" }
    layer { name: "again" type: "InnerProduct" bottom: "h1" top: "x1" inner_product_param { num_output: 4 } }
  } } }
"""
