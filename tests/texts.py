"""Texts of any size that make a careless reader slow, by kind."""

from __future__ import annotations

from collections.abc import Callable

Text = Callable[[int], str]

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 } } }\n'
OLD_INPUT = 'input: "x" input_dim: 1 input_dim: 1 input_dim: 9 input_dim: 9\n'
SOLVER = (
    'net: "n.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 9 test_interval: 3 snapshot_prefix: "z" '
)
LOG = "I1126 00:00:00.000000 1 solver.cpp:1] "


def repeated(piece: str, size: int) -> str:
    """A piece repeated up to a size; ``#`` in it is the number of the repetition."""
    return "".join(piece.replace("#", str(i)) for i in range(max(1, size // (len(piece) + 3))))


def layer(fields: str, before: str = INPUT) -> Text:
    """A net with one layer whose fields are repeated."""
    kind, repeat, after = fields.split("|")
    return lambda size: f'{before}layer {{ name: "l" {kind} {repeated(repeat, size)} {after} }}'


def layers(fields: str, before: str = INPUT) -> Text:
    """A net of many layers."""
    return lambda size: before + repeated(f"layer {{ {fields} }}\n", size)


def chain(size: int) -> str:
    """A net of layers each of which reads the one before it."""
    count = size // 60
    return INPUT + "".join(
        f'layer {{ name: "l{i}" type: "ReLU" bottom: "{f"t{i - 1}" if i else "x"}" top: "t{i}" }}\n'
        for i in range(count)
    )


NETS: dict[str, Text] = {
    "chain": chain,
    "in place": layers('name: "l#" type: "ReLU" bottom: "x" top: "x"'),
    "unknown bottoms": layers('name: "l#" type: "ReLU" bottom: "q#" top: "t#"'),
    "unknown bottoms of a layer": layer('type: "Concat" top: "y"|bottom: "q#" |'),
    "many tops": layer('type: "Split" bottom: "x"|top: "q#" |'),
    "equal tops": layer('type: "Split" bottom: "x"|top: "q" |'),
    "many bottoms": layer('type: "Concat" top: "y"|bottom: "x" |'),
    "tops produced twice": layers('name: "l#" type: "ReLU" bottom: "x" top: "y"'),
    "unknown types": layers('name: "l#" type: "Relu#" bottom: "x" top: "y#"'),
    "unknown fields": layers('name: "l" type: "ReLU" bottem#: "x"'),
    "unknown fields of a layer": layer('|bottem#: "x" |type: "ReLU"'),
    "invalid values": layers('name: "l" type: "ReLU" phase: TRAAIN#'),
    "field given often": layer('type: "ReLU"|name: "a#" |'),
    "shared params": layers(
        'name: "l#" type: "InnerProduct" bottom: "x" top: "y#" param { name: "w" lr_mult: # }'
        " inner_product_param { num_output: 2 }"
    ),
    "shared params that differ": layers(
        'name: "l#" type: "InnerProduct" bottom: "x" top: "y#" param { name: "w" }'
        " inner_product_param { num_output: # }"
    ),
    "stages": layers('name: "l#" type: "ReLU" bottom: "q" top: "y#" include { stage: "s#" }'),
    "rules of a layer": layer('type: "ReLU" bottom: "x" top: "r"|include { phase: TEST min_level: # } |'),
    "loss weights": layer('type: "Split" bottom: "x"|top: "q#" loss_weight: 1 |'),
    "propagate_down": layer('type: "Concat" top: "y"|bottom: "x" propagate_down: false |'),
    "slice points": layer('type: "Slice" bottom: "x" slice_param {|slice_point: # |}'),
    "axes": layer('type: "Reshape" bottom: "x" top: "y" reshape_param { shape {|dim: 1 |} }'),
    "shapes": layer('type: "DummyData" dummy_data_param {|shape { dim: 1 } |}'),
    "values of a blob": layer('type: "InnerProduct" bottom: "x" top: "y" blobs {|data: # |}'),
    "long names": lambda size: (
        INPUT + f'layer {{ name: "{"n" * size}" type: "ReLU" bottom: "{"b" * size}" top: "{"t" * size}" }}'
    ),
    "equal names": layers(
        'name: "l" type: "InnerProduct" bottom: "x" top: "y#" inner_product_param { num_output: 2 }'
    ),
    "inputs without a shape": lambda size: (
        repeated('input: "x#"\n', size // 2)
        + repeated('layer { name: "l#" type: "ReLU" bottom: "x#" top: "y#" }\n', size // 2)
    ),
    "V1": lambda size: OLD_INPUT + repeated('layers { name: "l#" type: RELU bottom: "x" top: "y#" }\n', size),
    "V1 lists": lambda size: (
        OLD_INPUT + f'layers {{ type: RELU bottom: "x" top: "y" {repeated("blobs_lr: # ", size)} }}'
    ),
    "V0 padding": lambda size: (
        OLD_INPUT
        + 'layers { layer { name: "l" type: "padding" pad: 1 } bottom: "x" top: "p" }\n'
        + 'layers { layer { name: "c" type: "conv" num_output: 1 kernelsize: 1 } '
        + repeated('bottom: "p" ', size)
        + 'top: "c" }\n'
    ),
    "V0 fields": lambda size: (
        OLD_INPUT
        + 'layers { bottom: "x" top: "y" layer { name: "l" type: "conv" '
        + repeated("pad: 1 scale: 1 ", size)
        + "} }\n"
    ),
    "early V2 fields": layer('type: "Data" top: "x" data_param {|scale: 1 mirror: true |}'),
    "early V2 messages": layer('type: "Data" top: "x"|data_param { scale: 1 } |'),
}
"""Nets, in prototxt."""

PROTOTXT: dict[str, Text] = {
    "blanks": lambda size: "layer" + " " * size + "x",
    "unexpected characters": lambda size: "=" * size,
    "unexpected tokens": lambda size: "= " * (size // 2),
    "unexpected lines": lambda size: "=\n" * (size // 2),
    "opening braces": lambda size: "layer { " * (size // 8),
    "closing braces": lambda size: "}" * size,
    "pieces of a string": lambda size: "name: " + '"a" ' * (size // 4),
    "string without an end": lambda size: 'name: "' + "a" * size,
    "strings without an end": lambda size: 'name: "a\n' * (size // 9),
    "quotes": lambda size: "'\"" * (size // 2),
    "backslashes": lambda size: 'name: "' + "\\" * size + '"',
    "unknown escapes": lambda size: 'name: "' + "\\q" * (size // 2) + '"',
    "comments": lambda size: "# c\n" * (size // 4) + "name: 1",
    "wrong closers": lambda size: "layer { >\n" * (size // 10),
    "list without an end": lambda size: "input: [" + "1," * (size // 2),
    "minus signs": lambda size: "name: " + "- " * (size // 2),
    "colons": lambda size: "name" + ":" * size,
    "line ends": lambda size: INPUT + "\r\n" * (size // 2),
}
"""Texts in prototxt's syntax, and beyond it."""

SOLVERS: dict[str, Text] = {
    "digits and a letter": lambda size: "base_lr: " + "1" * size + "x",
    "digits": lambda size: "base_lr: " + "1" * size,
    "digits of a fraction": lambda size: "base_lr: 0." + "1" * size,
    "digits of an exponent": lambda size: "base_lr: 1e" + "1" * size,
    "hexadecimal digits": lambda size: "base_lr: 0x" + "1" * size,
    "digits of an integer": lambda size: "max_iter: " + "1" * size,
    "octal digits": lambda size: "max_iter: 0" + "7" * size,
    "stepvalue": lambda size: (
        SOLVER.replace("fixed", "multistep") + "gamma: 0.1 " + repeated("stepvalue: # ", size)
    ),
    "test nets": lambda size: SOLVER + repeated('test_net: "n.prototxt" test_iter: 1\n', size),
    "missing test nets": lambda size: SOLVER + repeated('test_net: "m#.prototxt" test_iter: 1\n', size),
    "test_iter": lambda size: SOLVER + repeated("test_iter: 1 ", size),
    "freeze": lambda size: SOLVER + repeated('freeze: "ip#" ', size),
    "freeze with wildcards": lambda size: SOLVER + repeated('freeze: "ip#*" ', size),
    "wildcards": lambda size: SOLVER + f'freeze: "{"*p" * (size // 2)}"',
    "watch": lambda size: SOLVER + repeated('watch: "ip#" ', size),
    "weights": lambda size: SOLVER + f'weights: "{"a," * (size // 2)}"',
    "solver_type": lambda size: SOLVER + repeated("solver_type: FOO# ", size),
    "stages of a state": lambda size: (
        'base_lr: 0.1 lr_policy: "fixed" max_iter: 10 snapshot_prefix: "z" train_state { '
        + repeated('stage: "a#" ', size // 3)
        + "} net_param { "
        + layers('name: "l#" type: "ReLU" bottom: "x" top: "y#" include { stage: "a#" }')(size * 2 // 3)
        + "}"
    ),
    "folders": lambda size: SOLVER.replace('"z"', f'"{"a/" * (size // 2)}"'),
}
"""Solvers, in prototxt; ``n.prototxt`` is a net that trains."""

YAML: dict[str, Text] = {
    "digits and a letter": lambda size: "net_param: {}\nbase_lr: " + "1" * size + "x",
    "words": lambda size: "name: " + "a " * (size // 2),
    "lines": lambda size: "name: a\n" + "  b\n" * (size // 4),
    "open lists": lambda size: "layer: " + "[" * size,
    "open mappings": lambda size: "layer: " + "{a: " * (size // 4),
    "list": lambda size: "input: [" + "a, " * (size // 3) + "a]",
    "mapping": lambda size: "layer: {" + repeated("k#: 1, ", size) + "}",
    "pairs": lambda size: "layer: [" + repeated("a#: 1, ", size) + "]",
    "indentation": lambda size: "".join(" " * i + "a:\n" for i in range(int((2 * size) ** 0.5))),
    "dashes": lambda size: "a:\n  " + "- " * (size // 2) + "x",
    "question marks": lambda size: "? " * (size // 2) + "x",
    "keys": lambda size: repeated("k#: 1\n", size),
    "equal keys": lambda size: "name: 1\n" * (size // 8),
    "anchors": lambda size: "input:\n" + repeated("- &a# x\n", size),
    "aliases": lambda size: "a: &a {b: 1}\ninput:\n" + repeated("- *a\n", size),
    "alias bomb": lambda size: (
        "a0: &a0 [x,x,x,x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 4)}]\n" for i in range(1, size // 40))
    ),
    "merges": lambda size: (
        "x0: &x0 {k: 1}\n"
        + "".join(f"x{i}: &x{i} {{<<: *x{i - 1}, k{i}: 1}}\n" for i in range(1, size // 30))
    ),
    "tags": lambda size: "input:\n" + repeated("- !t# x\n", size),
    "long tag": lambda size: "name: !" + "a" * size + " x",
    "quoted lines": lambda size: 'name: "' + "a\n  " * (size // 4) + '"',
    "escapes": lambda size: 'name: "' + "\\n" * (size // 2) + '"',
    "string without an end": lambda size: 'name: "' + "a " * (size // 2),
    "literal": lambda size: "name: |\n" + "  a\n" * (size // 4),
    "folded": lambda size: "name: >\n" + "  a\n\n" * (size // 5),
    "empty lines": lambda size: "name: a\n" + "\n" * size,
    "comments": lambda size: "# c\n" * (size // 4) + "name: x",
    "colons": lambda size: "name: " + "a:" * (size // 2),
    "documents": lambda size: "---\na: 1\n" * (size // 9),
    "directives": lambda size: repeated("%TAG !a#! tag:x,2000:\n", size) + "---\nname: x",
    "net": lambda size: (
        "layer:\n- {name: x, type: Input, top: x, input_param: {shape: {dim: [1, 4]}}}\n"
        + repeated("- {name: l#, type: ReLU, bottom: x, top: y#}\n", size)
    ),
}
"""Texts in YAML."""

LOGS: dict[str, Text] = {
    "iterations": lambda size: (
        f"{LOG}Solving x\n"
        + repeated(
            f"{LOG}Iteration !, loss = 0.5\n{LOG}    Train net output #0: a = 1 (* 1 = 1 loss)\n".replace(
                "#0", "№0"
            ).replace("!", "#"),
            size,
        ).replace("№", "#")
    ),
    "different outputs": lambda size: (
        f"{LOG}Solving x\n"
        + repeated(f"{LOG}Iteration #, loss = 0.5\n{LOG}    Train net output №0: a# = 1\n", size).replace(
            "№", "#"
        )
    ),
    "test nets": lambda size: (
        f"{LOG}Solving x\n"
        + repeated(f"{LOG}Iteration 1, Testing net (№#)\n{LOG}    Test net output №0: a = 1\n", size).replace(
            "№", "#"
        )
    ),
    "digits": lambda size: f"{LOG}Iteration {'1' * size}, loss = 1\n",
    "brackets": lambda size: f"{LOG}Iteration 5 ({')' * size}\n",
    "equals signs": lambda size: f"{LOG}    Train net output #0: {'= ' * (size // 2)}\n",
    "colons": lambda size: f"I1126 00:00:00.000000 1 {'a:1' * (size // 3)}\n",
}
"""Logs of solvers."""

METRICS: dict[str, Text] = {
    "iterations": lambda size: repeated(
        '{"iteration": #, "phase": "TRAIN", "outputs": {"a": [1]}, "loss": 1, "lr": 1, "seconds": #}\n', size
    ),
    "different outputs": lambda size: repeated(
        '{"iteration": #, "phase": "TRAIN", "outputs": {"a#": [1]}, "loss": 1, "lr": 1, "seconds": #}\n', size
    ),
    "restarts": lambda size: repeated('{"iteration": 9, "phase": "TRAIN", "outputs": {}, "loss": 1}\n', size),
    "brackets": lambda size: "[" * size + "\n",
}
"""Metrics of runs."""

OVERRIDES: dict[str, Text] = {
    "path": lambda size: "a." * (size // 2) + "b=1",
    "blanks": lambda size: "name" + " " * size + "=a",
    "list": lambda size: "state.stage=[" + "a," * (size // 2) + "]",
    "brackets": lambda size: "layer[" * (size // 6),
    "selector": lambda size: f"layer[{'a' * size}].type=b",
}
"""Arguments of ``-set``."""

LISTS: dict[str, Text] = {
    "images": lambda size: repeated("folder/image#.jpg 1\n", size),
    "words of a line": lambda size: "1 " * (min(size, 60_000) // 2) + "\n",
    "long name": lambda size: ("a" * 60_000 + " 1\n") * max(1, size // 60_000),
    "digits of a label": lambda size: repeated("a.jpg " + "1" * 300 + "\n", size),
    "empty lines": lambda size: "\n" * size,
}
"""Lists of image files."""

WINDOWS: dict[str, Text] = {
    "images": lambda size: repeated("№ #\na.jpg 3 9 9 1\n1 0.5 0 0 4 4\n", size).replace("№", "#"),
    "windows of an image": lambda size: f"# 0\na.jpg 3 9 9 {size // 14}\n" + "1 0.5 0 0 4 4\n" * (size // 14),
    "count of windows": lambda size: f"# 0\na.jpg 3 9 9 {'9' * min(size, 60_000)}\n",
}
"""Window files."""

INDEXES: dict[str, Text] = {
    "entries": lambda size: (
        '{"format": 1, "entries": [' + repeated('{"name": "a#"},', size) + '{"name": "a"}]}'
    ),
    "brackets": lambda size: "[" * size,
    "digits": lambda size: '{"format": ' + "1" * size + "}",
    "keys": lambda size: "{" + repeated('"k#": 1, ', size) + '"entries": []}',
    "one key": lambda size: "{" + '"k": 1, ' * (size // 8) + '"entries": []}',
    "escapes": lambda size: '{"a": "' + "\\u001b" * (size // 6) + '"}',
    "string without an end": lambda size: '{"a": "' + "\\\\" * (size // 2),
}
"""Indexes and manifests of stores."""
