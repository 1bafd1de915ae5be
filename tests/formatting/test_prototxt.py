"""The layout of prototxt."""

from __future__ import annotations

import pytest

from layerzoo.formatting.lines import aligned
from layerzoo.formatting.prototxt import lines_of


def laid_out(text: str) -> str:
    return aligned(lines_of(text))


CASES = {
    "spaces and indentation": (
        "name:'net'\n\n\n\nlayer{\nname : \"a\"\n      type:\"ReLU\" ; bottom: 'x',\n}\n",
        'name: "net"\n\nlayer {\n  name: "a"\n  type: "ReLU"\n  bottom: "x"\n}\n',
    ),
    "colons before messages and angle brackets": (
        "layer: <\n  param: < lr_mult:1 >\n>",
        "layer {\n  param { lr_mult: 1 }\n}\n",
    ),
    "a message on one line stays there": ("a { b:1 c { d:2 } }", "a { b: 1 c { d: 2 } }\n"),
    "a message on several lines stays so": ("a {\n b:1 }", "a {\n  b: 1\n}\n"),
    "an empty message": ("a {\n}\nb: <>", "a {}\nb {}\n"),
    "comments at the end of lines": (
        "a { # one\nb: 1 # two\n} # three\nc { d: 1 } # four",
        "a {  # one\n  b: 1  # two\n}  # three\nc { d: 1 }  # four\n",
    ),
    "comments on lines of their own": (
        "# top\n\na {\n# b\n    b: 1\n\n  # last\n\n}\n# end",
        "# top\n\na {\n  # b\n  b: 1\n\n  # last\n}\n# end\n",
    ),
    "a comment inside a field is moved above it": ("a: # why\n 5\n", "# why\na: 5\n"),
    "comments below each other stay so": (
        "a: 1      # x\nlonger: 2 # y\nb: 3 # z\n",
        "a: 1       # x\nlonger: 2  # y\nb: 3  # z\n",
    ),
    "lists": ("a: [1,2 ,\n3]\nb: []\nc: [ {d:1}, {d:2} ]", "a: [1, 2, 3]\nb: []\nc: [{ d: 1 }, { d: 2 }]\n"),
    "a list of messages": (
        "c: [\n{d:1},\n{\ne: 2}]",
        "c: [\n  { d: 1 },\n  {\n    e: 2\n  }\n]\n",
    ),
    "a list with comments": ("a: [1, # one\n2 # two\n]", "a: [\n  1,  # one\n  2  # two\n]\n"),
    "a long list": (
        f"a: [{','.join(['1000000'] * 20)}]",
        f"a: [\n  {', '.join(['1000000'] * 13)},\n  {', '.join(['1000000'] * 7)}\n]\n",
    ),
    "strings in pieces": ('a: "x" "y"\nb: "x"\n  "y" # c\n', 'a: "x" "y"\nb:\n  "x"\n  "y"  # c\n'),
    "a comment between pieces": ('a: "x" # c\n  "y"\nb: 1\n', '# c\na:\n  "x"\n  "y"\nb: 1\n'),
    "quotes that need to stay": ("a: 'say \"x\"'\nb: 'it\\'s'\n", "a: 'say \"x\"'\nb: 'it\\'s'\n"),
    "a sign apart from its number": ("a: -  5\nb:-1e-3", "a: -5\nb: -1e-3\n"),
    "expressions": (
        "n: ${64 * 2 ** s}\nm: ${ {'a': 1}['a'] }\ns: ${x if y else '}'}",
        "n: ${64 * 2 ** s}\nm: ${ {'a': 1}['a'] }\ns: ${x if y else '}'}\n",
    ),
    "an expression on several lines": (
        "n: ${a if b\n   else c}# d\nm {x: ${{1: {2: 3}}[1]\n } }",
        "n: ${a if b\n   else c}  # d\nm {\n  x: ${{1: {2: 3}}[1]\n }\n}\n",
    ),
    "a hash inside a string": ('a: "#1" # c', 'a: "#1"  # c\n'),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_layout(text: str, expected: str) -> None:
    assert laid_out(text) == expected
    assert laid_out(expected) == expected


def test_message_that_does_not_fit_is_expanded() -> None:
    layer = f'layer {{ name: "{"n" * 90}" type: "ReLU" bottom: "x" }}'
    assert laid_out(layer) == f'layer {{\n  name: "{"n" * 90}"\n  type: "ReLU"\n  bottom: "x"\n}}\n'
