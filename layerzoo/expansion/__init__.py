"""Blocks of configs, expanded on the node tree while a config is loaded.

`include_files` brings in the subnets of other files; `expand_net` turns layers of type Call, ``repeat``,
``when``, ``let`` and ``${…}`` into plain layers, which know both where they are written and where their
block is used.
"""

from layerzoo.expansion.fields import MAX_LAYERS
from layerzoo.expansion.net import (
    MAX_INCLUDES,
    expand_net,
    expand_solver,
    has_blocks,
    include_files,
    unknown_constant,
)

__all__ = [
    "MAX_INCLUDES",
    "MAX_LAYERS",
    "expand_net",
    "expand_solver",
    "has_blocks",
    "include_files",
    "unknown_constant",
]
