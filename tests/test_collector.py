"""Pausing the garbage collector."""

from __future__ import annotations

import gc

import pytest

from layerzoo.collector import paused


def test_paused_restores_the_collector_after_the_block_and_after_an_error() -> None:
    assert gc.isenabled()
    with paused():
        assert not gc.isenabled()
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the inner pause restores the state before it"
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), paused():
        raise ValueError("x")
    assert gc.isenabled()


def test_paused_is_a_decorator() -> None:
    @paused()
    def is_paused() -> bool:
        return not gc.isenabled()

    assert is_paused()
    assert is_paused()
    assert gc.isenabled()
