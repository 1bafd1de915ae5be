"""The fit of a link to measured all-reduces."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import UsageError
from layerzoo.scaling.fit import fit_link
from layerzoo.scaling.links import Link, ring

SIZES = [4, 1 << 10, 1 << 16, 1 << 20, 1 << 24]


@pytest.mark.parametrize("count", [2, 3, 8])
def test_fit_finds_the_link_that_times_come_from(count: int) -> None:
    link = Link(2e-5, 3e9)
    found = fit_link([(size, sum(ring(count, size, link))) for size in SIZES], count)
    assert found.link == pytest.approx(link)
    assert found.error == pytest.approx(0, abs=1e-12)


def test_fit_is_the_least_squares_of_relative_errors() -> None:
    draw = np.random.default_rng(0)
    times = [sum(ring(4, size, Link(1e-4, 1e9))) * draw.uniform(0.8, 1.25) for size in SIZES]
    rows = np.array([[6 / time, 1.5 * size / time] for size, time in zip(SIZES, times, strict=True)])
    (latency, inverse), *_ = np.linalg.lstsq(rows, np.ones(len(rows)))
    found = fit_link(list(zip(SIZES, times, strict=True)), 4)
    assert found.link == pytest.approx((latency, 1 / inverse))
    assert found.error == pytest.approx(np.sqrt(np.mean((rows @ [latency, inverse] - 1) ** 2)))


def test_fit_has_no_negative_latency() -> None:
    """Times 1 and 4 for 1 and 2 bytes of two processes: 1 / bandwidth minimises (x - 1)^2 + (x / 2 - 1)^2."""
    found = fit_link([(1, 1.0), (2, 4.0)], 2)
    assert found.link == pytest.approx((0, 1 / 1.2))
    assert found.error == pytest.approx(((0.2**2 + 0.4**2) / 2) ** 0.5)


def test_fit_has_no_negative_bandwidth() -> None:
    """Times 2 and 1: the two steps take 1.2, which minimises (s / 2 - 1)^2 + (s - 1)^2."""
    found = fit_link([(1, 2.0), (2, 1.0)], 2)
    assert found.link == pytest.approx((0.6, float("inf")))


@pytest.mark.parametrize(
    ("measured", "count"),
    [([(1, 1.0)], 2), ([(1, 1.0), (1, 2.0)], 2), ([(1, 0.0), (2, 1.0)], 2), ([(1, 1.0), (2, 2.0)], 1)],
)
def test_fit_to_too_little_is_a_fault(measured: list[tuple[int, float]], count: int) -> None:
    with pytest.raises(UsageError, match="at least two sizes, over at least two processes"):
        fit_link(measured, count)
