"""Examples of the block language, and the page on expressions, for explanations."""

from __future__ import annotations

from typing import Final

from layerzoo.expressions import USAGE

CALL: Final = "Call"
EXPRESSIONS: Final = "expressions"

_BLOCK: Final = """\
subnet {
  name: "conv_relu"
  arg { name: "n" type: INT }
  arg { name: "kernel" type: INT default: "3" }
  layer { name: "in" type: "Input" top: "x" }
  layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
    convolution_param { num_output: ${n} kernel_size: ${kernel} pad: ${kernel // 2} } }
  layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
}
"""
_USE: Final = """\
layer { name: "body" type: "Call" bottom: "data" top: "features"
  subnet_param { net: "conv_relu" times: 3 with { n: ${16 * 2 ** i} } } }   # body/0/conv … body/2/relu
"""
_LET: Final = """\
let { classes: 10 widths: [64, 128] }
layer { name: "score" type: "InnerProduct" bottom: "data" top: "score"
  inner_product_param { num_output: ${classes} } }
"""
_REPEAT: Final = """\
layer { name: "heads" repeat { var: "n" over: [4, 6]
  layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
    inner_product_param { num_output: ${n} } } } }   # heads/0/fc, heads/1/fc
"""
_WHEN: Final = """\
let { dropout: true }
layer { name: "drop" type: "Dropout" bottom: "data" top: "data" when: ${dropout} }
"""
EXAMPLES: Final = {
    CALL: _BLOCK + _USE,
    "subnet": _BLOCK + _USE,
    "let": _LET,
    "repeat": _REPEAT,
    "when": _WHEN,
}
"""Parts of a net that has a blob ``data``, by the name that they explain."""


def expressions() -> str:
    """What an expression can have."""
    functions = "\n".join(f"      {usage}" for usage in USAGE.values())
    return f"""\
expressions: ${{…}} in a net or solver that has let, subnet, include, repeat, when or a Call

  An expression stands in the place of a value, or inside a string: num_output: ${{64 * 2 ** stage}},
  name: "res${{stage}}". Its names are constants of let, the subnet's parameters, and the variables of
  repeat, times and each. A list gives a repeated field several values, and an empty one omits the field.

  values      numbers, "strings" and 'strings', true, false, [1, 2], {{a: 1, "b": 2}}
  operators   + - * / // % **   == != < <= > >= in   and or not   a if condition else b
              + also joins strings, and lists; list * n repeats a list
  parts       list[0], list[-1], map.key, map["key"]
  shapes      bottom[0].shape[1], as the whole value of a number of a layer: known once the net is wired
  functions
{functions}

  In YAML an expression inside {{ }} or [ ], or one that has ": " or " #" in it, is put in quotes.
  $${{ is a literal ${{."""
