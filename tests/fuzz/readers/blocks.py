"""Nets with blocks: subnets, repetition, conditions and expressions; expanded, formatted and folded."""

from __future__ import annotations

from pathlib import Path
from random import Random

from layerzoo.errors import ConfigError
from layerzoo.expressions import FUNCTIONS
from layerzoo.folding import folded
from layerzoo.formatting import formatted
from layerzoo.loader import emit, load_net, parse_net
from layerzoo.source import Source
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_text

_HEAD = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 8 } } }\n'
_SUBNET = """subnet { name: "fc" arg { name: "n" type: INT } arg { name: "on" type: BOOL default: true }
  arg { name: "sizes" list: true default: [1, 2] } let { twice: ${2 * n} }
  layer { name: "in" type: "Input" top: "x" }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { name: "w" }
    inner_product_param { num_output: ${twice if on else n} } }
  layer { name: "relu" when: ${n > 1 and on} type: "ReLU" bottom: "y" top: "y" include { phase: TRAIN } } }
"""
TEXTS = (
    _HEAD
    + _SUBNET
    + """let { depth: 3 widths: [4, 8] names { a: "x" } }
layer { name: "a" type: "Call" bottom: "data" top: "b" subnet_param { net: "fc" times: ${depth}
  with { n: ${2 ** (i + 1)} } share_params: true } param { name: "D" lr_mult: 0.5 } }
layer { name: "r" repeat { var: "w" over: ${widths}
  layer { name: "c${w}" type: "TanH" bottom: "b" top: "c${w}" } } }
""",
    _HEAD
    + _SUBNET
    + """layer { type: "Call" bottom: "data" top: "z${k}" exclude { phase: TEST } subnet_param { net: "fc"
  var: "k" each: [1, 2, 3] names: AS_WRITTEN with { n: ${k} sizes: ${range(k)} } output: "y" } }
layer { name: "q" type: "InnerProduct" bottom: "data" top: "q"
  inner_product_param { num_output: ${bottom[0].shape[1] // 2 + 1} } }
""",
    _HEAD
    + _SUBNET
    + """subnet { name: "two" layer { name: "in" type: "Input" top: "x" }
  layer { name: "p" type: "Call" bottom: "x" top: "h" subnet_param { net: "fc" with { n: 3 } } }
  layer { name: "q" type: "Call" bottom: "h" top: "z" subnet_param { net: "fc" with { n: 2 } } } }
layer { name: "o" type: "Call" bottom: "data" top: "o" subnet_param { net: "two" times: 2
  carry { blob: "z" input: "x" } } }
layer { name: "r" type: "Recurrent" bottom: "o" top: "r"
  subnet_param { net: "two" carry { blob: "z" input: "x" } } }
""",
)
_TOKENS = (
    *FUNCTIONS,
    *("${", "}", "$${", "${n}", "${i}", "${10 ** 18}", "${range(10 ** 9)}", "${[[1]]}", "${ {a: 1} }"),
    *("**", "//", "if", "else", "in", "not", "and", "==", "<", "bottom[0].shape[1]", "times: 1000000"),
    *("let", "subnet", "fc", "two", "Call", "Recurrent", "when: false", "repeat", "over", "each"),
    *("include", "names", "AS_WRITTEN", "with"),
)


def _blocks(random: Random) -> bytes:
    text = random.choice(TEXTS)
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        text = mutate_text(random, text, list(_TOKENS), TEXTS)
    return as_bytes(random, encodable(text))


@kind("blocks", _blocks, text=True, share=2)
def read_blocks(data: bytes, folder: Path) -> None:
    """A net is loaded; what is accepted is plain, and is the same when it is formatted or folded."""
    path = folder / "net.prototxt"
    path.write_bytes(data)
    net = load_net(path).message
    plain = parse_net(emit(net, "prototxt"), format="prototxt").message
    assert plain.SerializeToString(deterministic=True) == net.SerializeToString(deterministic=True)
    text = path.read_text("utf-8", "surrogateescape")
    try:
        laid_out = formatted(Source("net.prototxt", text.removeprefix("\ufeff")))
    except ConfigError:
        return
    assert parse_net(laid_out, format="prototxt").message == net
    if len(net.layer) < 200:
        folded(net)
