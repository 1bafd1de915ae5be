"""Seeds that depend only on the place of a draw, so that a resumed run draws the same numbers."""

from __future__ import annotations

import struct
from hashlib import blake2b
from secrets import randbits


def stable_seed(*parts: int | str) -> int:
    """A seed in [0, 2^63) that depends only on ``parts``, not on earlier draws."""
    digest = blake2b(digest_size=8)
    for part in parts:
        data = str(part).encode()
        digest.update(struct.pack("<I", len(data)) + data)
    return int.from_bytes(digest.digest(), "little") >> 1


def fresh_seed() -> int:
    """A random seed in [0, 2^31) for a run that sets none; it is logged and stored in snapshots."""
    return randbits(31)
