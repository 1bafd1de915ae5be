"""Random numbers as functions of where they are drawn, so that a resumed run draws the same ones."""

from __future__ import annotations

import struct
from hashlib import blake2b


def stable_seed(*parts: int | str) -> int:
    """A seed in [0, 2^63) that depends on nothing but ``parts``, not on what was drawn before."""
    digest = blake2b(digest_size=8)
    for part in parts:
        data = str(part).encode()
        digest.update(struct.pack("<I", len(data)) + data)
    return int.from_bytes(digest.digest(), "little") >> 1
