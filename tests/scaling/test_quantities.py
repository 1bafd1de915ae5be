"""Quantities with units."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.scaling.quantities import byte_rate, operation_rate, seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("300GB/s", 300e9),
        ("100Gb/s", 12.5e9),
        ("12.5 GB/s", 12.5e9),
        ("1e3MB/s", 1e9),
        ("8b/s", 1.0),
        ("2TB/s", 2e12),
        ("7kB/s", 7e3),
        (".5PB/s", 5e14),
    ],
)
def test_byte_rate_tells_bytes_from_bits(text: str, value: float) -> None:
    assert byte_rate(text, "link") == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"), [("10us", 1e-5), ("1.5 µs", 1.5e-6), ("0ns", 0.0), ("2ms", 0.002), ("1s", 1.0)]
)
def test_seconds_are_read(text: str, value: float) -> None:
    assert seconds(text, "latency") == pytest.approx(value, rel=1e-12)


def test_operation_rate_is_read() -> None:
    assert operation_rate("200TFLOP/s", "gpu_rate") == 200e12


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("300", "the unit is missing; write -link 300GB/s (bytes) or 100Gb/s (bits)"),
        ("300gb/s", "no unit 'gb/s'; did you mean 300GB/s or 300Gb/s?"),
        ("300GB", "no unit 'GB'; write -link 300GB/s"),
        ("100Gbps", "no unit 'Gbps'; write"),
        ("300GiB/s", "no unit 'GiB/s'; write"),
        ("fast", "not a number with a unit; write"),
        ("", "not a number with a unit; write"),
        ("1.2.3GB/s", "not a number with a unit; write"),
        ("0GB/s", "the number must be above 0, such as 300GB/s"),
        ("-1GB/s", "the number must be above 0"),
        ("1e999GB/s", "the number must be above 0"),
    ],
)
def test_byte_rate_of_another_form_is_a_fault(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        byte_rate(text, "link")
    assert f"-link {text}: {told}" in str(caught.value)


def test_seconds_below_zero_are_a_fault() -> None:
    with pytest.raises(UsageError, match="-latency -1us: the number must be 0 or more, such as 10us"):
        seconds("-1us", "latency")


def test_operation_rate_in_another_unit_is_a_fault() -> None:
    with pytest.raises(UsageError, match="no unit 'TFLOPS'; write -gpu_rate 200TFLOP/s"):
        operation_rate("200TFLOPS", "gpu_rate")
    with pytest.raises(UsageError, match="did you mean 200TFLOP/s"):
        operation_rate("200tflop/s", "gpu_rate")
