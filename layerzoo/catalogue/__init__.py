"""List and explain layer types, solver types, policies, fillers, data sets, configs and fields.

All texts come from the code and the schema; nothing is listed here by name. Neither imports torch, unless a
module of the user's own has registered classes (see `layerzoo.catalogue.known`).
"""

from __future__ import annotations

from layerzoo.catalogue.explain import explain, explainable
from layerzoo.catalogue.listing import KINDS, Entry, listing

__all__ = ["KINDS", "Entry", "explain", "explainable", "listing"]
