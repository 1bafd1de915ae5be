"""Seeds: fixed values for fixed parts, different values for different parts."""

from __future__ import annotations

import struct
from hashlib import blake2b

import pytest

from layerzoo import seeds
from layerzoo.seeds import fresh_seed, stable_seed


def test_stable_seed_is_the_hash_of_the_parts_with_their_lengths() -> None:
    data = struct.pack("<I", 2) + b"42" + struct.pack("<I", 4) + b"drop"
    digest = blake2b(data, digest_size=8).digest()
    assert stable_seed(42, "drop") == int.from_bytes(digest, "little") >> 1


def test_stable_seed_never_changes_between_versions() -> None:
    """Snapshots rely on these values."""
    assert stable_seed() == 6510301506637419378
    assert stable_seed(1, "filler", "conv1", 0) == 4776081253184203739


@pytest.mark.parametrize(
    ("parts", "others"),
    [((1, 2), (2, 1)), (("ab", "c"), ("a", "bc")), (("a",), ("a", "")), ((), ("",)), ((12,), (1, 2))],
)
def test_stable_seed_tells_order_and_borders_of_parts_apart(
    parts: tuple[int | str, ...], others: tuple[int | str, ...]
) -> None:
    assert stable_seed(*parts) != stable_seed(*others)


def test_stable_seed_fits_a_signed_integer_of_64_bits() -> None:
    values = [stable_seed("x", i) for i in range(1000)]
    assert len(set(values)) == 1000
    assert min(values) >= 0
    assert 2**62 < max(values) < 2**63


def test_fresh_seed_is_random_in_31_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(seeds, "randbits", lambda bits: asked.append(bits) or 2**bits - 1)
    assert fresh_seed() == 2**31 - 1
    assert asked == [31]
    monkeypatch.undo()
    assert len({fresh_seed() for _ in range(20)}) > 1
