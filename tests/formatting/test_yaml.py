"""The layout of YAML."""

from __future__ import annotations

import pytest

from layerzoo.formatting.lines import aligned
from layerzoo.formatting.yaml import lines_of


def laid_out(text: str) -> str:
    return aligned(lines_of(text))


CASES = {
    "indentation": ("layer:\n   -   name:   a\n       type: b\n", "layer:\n  - name: a\n    type: b\n"),
    "a list at the column of its key stays there": (
        "a:\n    b:\n    - 1\n    - 2\n",
        "a:\n  b:\n  - 1\n  - 2\n",
    ),
    "flow collections": ("a: { b : 1,c: [ 1,2 ] }\n", "a: {b: 1, c: [1, 2]}\n"),
    "a flow collection on several lines": ("a: {b: 1,\n c: 2\n }\n", "a: {b: 1,\n    c: 2\n  }\n"),
    "a flow collection below its key": ("a:\n      {b: 1,\n  c: 2}\n", "a:\n  {b: 1,\n   c: 2}\n"),
    "a bracket at the end of a line": ("a: [\n1, 2,\n   3\n]\n", "a: [\n  1, 2,\n  3\n  ]\n"),
    "JSON": ('{\n"a": [1,\n2],\n"b":3\n}\n', '{\n  "a": [1,\n        2],\n  "b": 3\n}\n'),
    "comments": (
        "# top\n\n\na: 1   # one\nb:\n  # c\n    c: 2\n    # d: 3\n# e\nf: 4 # two\n# end\n",
        "# top\n\na: 1  # one\nb:\n  # c\n  c: 2\n  # d: 3\n# e\nf: 4  # two\n# end\n",
    ),
    "comments below each other stay so": ("a: 1    # x\nlong: 2 # y\n", "a: 1     # x\nlong: 2  # y\n"),
    "anchors, aliases and merges": ("a: &x   {b: 1}\nc:\n    <<:  *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n"),
    "a string on several lines": (
        'a:\n    b: "one\n     two\n\n     three" # c\n',
        'a:\n  b: "one\n    two\n\n    three"  # c\n',
    ),
    "a literal block": (
        "a:\n     b: |\n        one\n\n\n          two\n\n\nc: 1\n",
        "a:\n  b: |\n     one\n\n\n       two\n\nc: 1\n",
    ),
    "a literal block that keeps its end": ("a: |+\n  one\n\n\nb: 1\n", "a: |+\n  one\n\n\nb: 1\n"),
    "a document's marks": ("--- \na:   1\n...\n", "---\na: 1\n...\n"),
    "quoted expressions": ('n:   "${64 * 2}"\n', 'n: "${64 * 2}"\n'),
    "a mapping below its dash": ("a:\n-\n    b: 1\n    c: 2\n", "a:\n-\n  b: 1\n  c: 2\n"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_layout(text: str, expected: str) -> None:
    assert laid_out(text) == expected
    assert laid_out(expected) == expected
