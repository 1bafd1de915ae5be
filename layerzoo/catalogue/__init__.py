"""List and explain layer types, solver types, policies, fillers, data sets, configs and fields.

All texts come from the code and the schema; nothing is listed here by name.
"""

from __future__ import annotations

from layerzoo.catalogue.examples import example_net
from layerzoo.catalogue.explain import explain
from layerzoo.catalogue.listing import KINDS, Entry, listing

__all__ = ["KINDS", "Entry", "example_net", "explain", "listing"]
