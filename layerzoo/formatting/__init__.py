"""Format the text of configs; comments and meaning are kept.

The formatter reads the text's tokens, with the comments and blank lines between them, and writes them with
uniform indentation and spacing. The node trees of both texts are compared before the result is returned, so
that no mistake of the formatter can change a config.
"""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault, LayerzooError, in_text_order
from layerzoo.formatting import prototxt
from layerzoo.formatting.lines import aligned
from layerzoo.loader.read_tree import read_tree
from layerzoo.nodes import Node
from layerzoo.source import Source


def formatted(source: Source) -> str:
    """The text of a config in uniform layout, with the line breaks (LF or CRLF) of the source.

    Comments stay at their fields, the order of fields stays, one blank line stays of several. A prototxt
    message on one line stays on one line if it fits. Formatting the result again doesn't change it.

    Raises:
        ConfigError: the text has syntax faults; all of them.
        LayerzooError: the result would have another meaning, which is a mistake of the formatter.
    """
    before = _tree(source)
    plain = source.text.replace("\r\n", "\n")
    if source.bare_strings:
        from layerzoo.formatting import yaml  # imported here, since prototxt needs no YAML parser

        lines = yaml.lines_of(plain.replace("\r", "\n"))
    else:
        lines = prototxt.lines_of(plain)
    text = aligned(lines)
    try:
        unchanged = same(before, _tree(Source(source.name, text, source.bare_strings)))
    except ConfigError:
        unchanged = False
    if not unchanged:
        message = (
            "formatting would change its meaning, so it is left as it is; this is a bug, please report it"
        )
        raise LayerzooError(f"{source.name}: {message}")
    first = source.text.find("\n")
    return text.replace("\n", "\r\n") if first > 0 and source.text[first - 1] == "\r" else text


def same(one: Node, other: Node) -> bool:
    """Whether two node trees have the same keys and values; positions don't count."""
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if (a.key, a.text, a.quoted) != (b.key, b.text, b.quoted) or (a.children is None) != (
            b.children is None
        ):
            return False
        ours, theirs = a.children or [], b.children or []
        if len(ours) != len(theirs):
            return False
        pairs += zip(ours, theirs, strict=True)
    return True


def _tree(source: Source) -> Node:
    faults: list[Fault] = []
    tree = read_tree(source, None, None, faults)
    if faults:
        raise ConfigError(in_text_order(faults))
    return tree
