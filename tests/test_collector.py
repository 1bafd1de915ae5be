"""The pause of the collector."""

from __future__ import annotations

import gc

import pytest

from layerzoo.collector import paused


def test_it_ends_with_the_block_and_by_an_exception() -> None:
    assert gc.isenabled()
    with paused():
        assert not gc.isenabled()
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the inner pause leaves it as it was"
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), paused():
        raise ValueError("x")
    assert gc.isenabled()


def test_it_decorates() -> None:
    @paused()
    def still() -> bool:
        return not gc.isenabled()

    assert still()
    assert still()
    assert gc.isenabled()
