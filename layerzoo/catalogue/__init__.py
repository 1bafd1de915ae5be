"""What there is, in words: layers, solver types, policies, fillers, data sets, configs; and what each means.

All of it comes from the code and the schema themselves; nothing is listed here by name.
"""

from __future__ import annotations

from layerzoo.catalogue.examples import example_net
from layerzoo.catalogue.explain import explain
from layerzoo.catalogue.listing import KINDS, Entry, listing

__all__ = ["KINDS", "Entry", "example_net", "explain", "listing"]
