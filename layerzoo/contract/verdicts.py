"""Check a layer class against the contract and report a verdict for each promise."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from layerzoo.contract.checks import CHECKS, Check
from layerzoo.contract.example import Example
from layerzoo.errors import LayerzooError
from layerzoo.user_code import said, traced, users_frames


@dataclass(frozen=True)
class Verdict:
    """The result of checking one promise.

    Attributes:
        promise: its name in `CHECKS`.
        meaning: the promise in one sentence.
        faults: the lines of the fault; empty if the promise is kept.
    """

    promise: str
    meaning: str
    faults: tuple[str, ...] = ()


def verdicts(examples: Iterable[Example]) -> list[Verdict]:
    """Check every promise on examples of one class; report the fault of the first example that has one."""
    cases = list(examples)
    results = []
    for promise, check in CHECKS.items():
        faults = next((faults for example in cases if (faults := _faults(check, example))), ())
        results.append(Verdict(promise, (check.__doc__ or "").strip(), faults))
    return results


def _faults(check: Check, example: Example) -> tuple[str, ...]:
    try:
        with warnings.catch_warnings(action="ignore"):
            check(example)
    except LayerzooError as error:
        return (str(error), *getattr(error, "__notes__", ()))
    except Exception as error:  # the user's code may raise anything
        return tuple(traced(error) if users_frames(error) else said(error))
    return ()
