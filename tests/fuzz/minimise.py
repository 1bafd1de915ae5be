"""Make an input smaller that still fails the same way (delta debugging)."""

from __future__ import annotations

import time
from collections.abc import Callable


def minimised(data: bytes, fails: Callable[[bytes], bool], seconds: float) -> bytes:
    """Remove pieces, then replace bytes by plain ones, as long as the input fails.

    Args:
        data: an input that fails; returned as it is if it doesn't fail when tried again.
        fails: tries an input.
        seconds: the time that this may take.
    """
    until = time.monotonic() + seconds
    if not fails(data):
        return data
    data = _shortened(data, fails, until)
    for at in range(len(data)):
        if time.monotonic() > until:
            break
        plain = data[:at] + b"0" + data[at + 1 :]
        if data[at : at + 1] not in b"0" and fails(plain):
            data = plain
    return data


def _shortened(data: bytes, fails: Callable[[bytes], bool], until: float) -> bytes:
    size = max(1, len(data) // 2)
    while True:
        at, changed = 0, False
        while at < len(data):
            if time.monotonic() > until:
                return data
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data, changed = shorter, True
            else:
                at += size
        if size == 1 and not changed:
            return data
        size = max(1, size // 2)
