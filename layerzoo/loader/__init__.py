"""Read config files into messages of the schema, and write them.

`load_net` and `load_solver` read a file, `parse_net` and `parse_solver` a text; `convert` translates between
the formats.
"""

from __future__ import annotations

from layerzoo.loader.convert import convert, convert_text, parse_either
from layerzoo.loader.document import Document
from layerzoo.loader.emit import emit, write_config
from layerzoo.loader.files import Format, find_config
from layerzoo.loader.load import MAX_NETS, load_net, load_solver, parse_net, parse_solver
from layerzoo.loader.part import parse_part

__all__ = [
    "MAX_NETS",
    "Document",
    "Format",
    "convert",
    "convert_text",
    "emit",
    "find_config",
    "load_net",
    "load_solver",
    "parse_either",
    "parse_net",
    "parse_part",
    "parse_solver",
    "write_config",
]
