"""Random numbers as functions of where they are drawn, so that a resumed run draws the same ones."""

from __future__ import annotations

import struct
from hashlib import blake2b
from secrets import randbits


def stable_seed(*parts: int | str) -> int:
    """A seed in [0, 2^63) that depends on nothing but ``parts``, not on what was drawn before."""
    digest = blake2b(digest_size=8)
    for part in parts:
        data = str(part).encode()
        digest.update(struct.pack("<I", len(data)) + data)
    return int.from_bytes(digest.digest(), "little") >> 1


def fresh_seed() -> int:
    """A seed that nobody chose, for a run that names none; it is logged and kept in snapshots."""
    return randbits(31)
