"""Texts that tests of the editor's modules share."""

from __future__ import annotations

PROTOTXT = """\
name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"
  top: "conv"
  param { name: "w" lr_mult: 1 }
  convolution_param { num_output: 2 kernel_size: 3 }
}
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 2 } }
"""
YAML = """\
name: net
layer:
- name: data
  type: Input
  top: data
  input_param: {shape: {dim: [1, 3, 8, 8]}}
- name: conv
  type: Convolution
  bottom: data
  top: conv
  param: [{name: w, lr_mult: 1}]
  convolution_param: {num_output: 2, kernel_size: 3}
- {name: relu, type: ReLU, bottom: conv, top: conv}
- name: pool
  type: Pooling
  bottom: [conv]
  top:
  - pool
  pooling_param: {pool: MAX, kernel_size: 2}
"""
BLOCKS = """\
include: "none.yaml"
let { depth: 50 }
subnet {
  name: "block"
  arg { name: "n" type: INT }
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "a" type: "ReLU" bottom: "x" top: "y" }
}
layer { name: "x" type: "Input" top: "x" }
layer { repeat { var: "i" to: 2 layer { name: "r" type: "ReLU" bottom: "x" top: "z" } } }
layer { name: "c" type: "Call" bottom: "z" top: "y" subnet_param { net: "block" } }
"""


def split(text: str) -> tuple[str, int]:
    """A text without its ``|``, and the offset of that."""
    assert text.count("|") == 1
    return text.replace("|", ""), text.index("|")
