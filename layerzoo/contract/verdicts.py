"""Try a layer class on every promise, and say what came of each."""

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
    """What came of one promise.

    Attributes:
        promise: which, as `CHECKS` calls it.
        meaning: the promise in a sentence.
        faults: what is wrong, a line each; empty where it is kept.
    """

    promise: str
    meaning: str
    faults: tuple[str, ...] = ()


def verdicts(examples: Iterable[Example]) -> list[Verdict]:
    """Try every promise on examples of one class; of several examples the first fault counts."""
    tried = list(examples)
    found = []
    for promise, check in CHECKS.items():
        faults = next((faults for example in tried if (faults := _faults(check, example))), ())
        found.append(Verdict(promise, (check.__doc__ or "").strip(), faults))
    return found


def _faults(check: Check, example: Example) -> tuple[str, ...]:
    try:
        with warnings.catch_warnings(action="ignore"):
            check(example)
    except LayerzooError as error:
        return (str(error), *getattr(error, "__notes__", ()))
    except Exception as error:  # whatever the user's code raises
        return tuple(traced(error) if users_frames(error) else said(error))
    return ()
