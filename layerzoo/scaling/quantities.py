"""Read quantities with units: rates in bytes, bits or operations a second, and times."""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

from layerzoo.errors import UsageError

_PREFIXES: Final = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BYTE_RATES: Final = {
    f"{prefix}{unit}/s": factor / bits
    for prefix, factor in _PREFIXES.items()
    for unit, bits in (("B", 1), ("b", 8))
}
_OPERATION_RATES: Final = {f"{prefix}FLOP/s": factor for prefix, factor in _PREFIXES.items()}
_TIMES: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}

_QUANTITY = re.compile(r"\s*(?P<number>[+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(?P<unit>.*?)\s*", re.DOTALL)


def byte_rate(text: str, flag: str) -> float:
    """Bytes a second: ``300GB/s`` counts bytes, ``100Gb/s`` bits; prefixes are powers of 1000.

    Args:
        text: the quantity.
        flag: name of the flag, for the message.

    Raises:
        UsageError: there is no such unit, or the number is not positive.
    """
    return _quantity(text, flag, _BYTE_RATES, "300GB/s (bytes) or 100Gb/s (bits)", False)


def operation_rate(text: str, flag: str) -> float:
    """Operations a second, such as ``200TFLOP/s``; a multiply-add is two. Otherwise like `byte_rate`."""
    return _quantity(text, flag, _OPERATION_RATES, "200TFLOP/s", False)


def seconds(text: str, flag: str) -> float:
    """A time in seconds, such as ``10us``; 0 is one. Otherwise like `byte_rate`."""
    return _quantity(text, flag, _TIMES, "10us", True)


def _quantity(text: str, flag: str, units: dict[str, float], example: str, zero: bool) -> float:
    found = _QUANTITY.fullmatch(text)
    try:
        value = float(found["number"]) if found else None
    except ValueError:  # two points
        value = None
    if found is None or value is None:
        raise UsageError(f"-{flag} {text}: not a number with a unit; write -{flag} {example}")
    unit = found["unit"]
    if unit not in units:
        near = [known for known in units if known.lower() == unit.lower()]
        hint = f"did you mean {' or '.join(found['number'] + known for known in near)}?" if near else ""
        what = f"no unit '{unit}'" if unit else "the unit is missing"
        raise UsageError(f"-{flag} {text}: {what}; {hint or f'write -{flag} {example}'}")
    result = value * units[unit]
    if not isfinite(result) or result < 0 or (result == 0 and not zero):
        wanted = "0 or more" if zero else "above 0"
        raise UsageError(f"-{flag} {text}: the number must be {wanted}, such as {example}")
    return result
