"""The schema's messages, and what they say of themselves.

The only importer of the code generated from ``proto/``.
"""

from __future__ import annotations

from layerzoo.generated.layerzoo_pb2 import *  # noqa: F403
from layerzoo.generated.layerzoo_pb2 import TEST, TRAIN, LayerParameter, NetParameter, NetState

__all__ = ["TEST", "TRAIN", "LayerParameter", "NetParameter", "NetState"]
