"""The task of parities."""

from __future__ import annotations

from tests.data.drawn.drawing import drawn


def test_parity_is_that_of_the_bits_so_far() -> None:
    bits, parity = drawn("parity", "length: 17")
    assert (bits.shape, parity.shape) == ((200, 17, 1), (200, 17))
    for row, said in zip(bits[..., 0].tolist(), parity.tolist(), strict=True):
        odd = False
        for bit, answer in zip(row, said, strict=True):
            assert bit in (0, 1)
            odd ^= bit == 1
            assert answer == odd


def test_bits_and_parities_are_even() -> None:
    bits, parity = drawn("parity", count=2000)
    assert abs(bits.mean() - 0.5) < 0.01
    assert abs(parity[:, -1].mean() - 0.5) < 0.04
