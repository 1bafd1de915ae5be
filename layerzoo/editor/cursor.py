"""Where the cursor stands in a half-typed config: in which message, at a field's name or at its value.

The word at the cursor is replaced by a placeholder, and the text is read by the same reader as always, which
goes on after faults; the placeholder's place in the tree is the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layerzoo.editor.parsed import Parsed, parse
from layerzoo.nodes import Node
from layerzoo.schema import Field, fields

PLACEHOLDER: Final = "cursor_of_the_editor"
_BEFORE: Final = re.compile(r"""(?P<quote>["']?)(?P<word>[\w./+-]*)\Z""")
_STRINGS: Final = re.compile(r"\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)")
_AFTER: Final = re.compile(r"[\w./+-]*")


@dataclass(frozen=True)
class Cursor:
    """The place of the cursor.

    Attributes:
        config: the text with the placeholder.
        path: the messages around the cursor, outermost first, without the whole config.
        key: the field whose value is typed; None where a field's name is.
        message: the descriptor or class of the innermost message; None if the schema doesn't know it.
        start, end: the offsets of the word at the cursor in the text without the placeholder.
        is_quoted: the word stands in quotes.
        before: the word up to the cursor.
    """

    config: Parsed
    path: tuple[Node, ...]
    key: Field | None
    message: Any
    start: int
    end: int
    is_quoted: bool
    before: str

    @property
    def siblings(self) -> set[str]:
        """The names of the fields that the innermost message has already."""
        inside = self.path[-1] if self.path else self.config.root
        return {child.key for child in inside.children or ()} - {PLACEHOLDER}

    @property
    def layer(self) -> Node | None:
        """The layer around the cursor."""
        return next((node for node in reversed(self.path) if node.key == "layer"), None)


def cursor_at(text: str, offset: int, path: Path | None) -> Cursor | None:
    """The place of an offset; None in a comment or where nothing can be read."""
    line_start = text.rfind("\n", 0, offset) + 1
    before = _BEFORE.search(text[line_start:offset])
    after = _AFTER.match(text, offset)
    assert before is not None
    assert after is not None
    if "#" in _STRINGS.sub("", text[line_start:offset]):
        return None
    start, end = line_start + before.start("word"), after.end()
    head, quote = text[: line_start + before.start()], before["quote"]
    tail = text[end:].removeprefix(quote) if quote else text[end:]
    is_yaml = parse(text, path).source.bare_strings
    for value in _attempts(head, quote, is_yaml):
        config = parse(f"{head}{value}{tail}", path)
        for nodes in config.paths():
            if PLACEHOLDER in (nodes[-1].key, nodes[-1].text):
                return _cursor(config, nodes, start, end, bool(quote), before["word"])
    return None


def _attempts(head: str, quote: str, is_yaml: bool) -> list[str]:
    """What may stand for the word, the likeliest first: a value, or a field with a value."""
    field = f"{PLACEHOLDER}: 0 "
    value = f'"{PLACEHOLDER}"' if quote or not is_yaml else PLACEHOLDER
    line = head.rpartition("\n")[2].strip()
    if is_yaml:
        after_key = line.endswith((":", ",", "[")) and not re.search(r"\{[^}\[]*,?\Z", line.rstrip(":"))
        after_key = after_key or line.endswith(":")
        return [value, field] if after_key or quote else [field, value]
    after_key = head.rstrip().endswith((":", "[")) or bool(re.search(r"\[[^\]]*,\s*\Z", head))
    return [value, field] if after_key or quote else [field, value]


def _cursor(
    config: Parsed, nodes: tuple[Node, ...], start: int, end: int, is_quoted: bool, word: str
) -> Cursor:
    message: Any = config.message
    for node in nodes[:-1]:
        field = fields(message).get(node.key) if message is not None else None
        message = field.message if field is not None else None
    last = nodes[-1]
    path, key = nodes[:-1], None
    if last.text == PLACEHOLDER:
        key = fields(message).get(last.key) if message is not None else None
    elif nodes[:-1] and message is None:
        # `top:` with a half-typed element below it is read as a message
        outer: Any = config.message
        for node in nodes[:-2]:
            field = fields(outer).get(node.key) if outer is not None else None
            outer = field.message if field is not None else None
        key = fields(outer).get(nodes[-2].key) if outer is not None else None
        path, message = nodes[:-2], outer
    return Cursor(config, path, key, message, start, end, is_quoted, word)
