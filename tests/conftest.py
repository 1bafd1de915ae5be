"""What tests share."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerzoo.collector import paused
from tests.run_lock.holding import holding

__all__ = ["holding"]

# What torch's compiler has seen of other shapes in earlier runs must not change what a test compiles.
os.environ["TORCH_DYNAMO_AUTOMATIC_DYNAMIC_LOCAL_PGO"] = "0"

ROOT = Path(__file__).parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Python's cyclic garbage collector doesn't search modules and collected tests, here and later."""
    with paused():
        collected = yield
    gc.freeze()
    return collected


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recorded conformance data and other small files that tests read."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of strangers' models and data beside the repository; tests over it skip without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder ../shared (strangers' models, not shipped with the project)")
    return folder


@pytest.fixture(scope="session")
def _untouched_logger() -> tuple[list[Any], list[logging.Handler], int, bool]:
    logger = logging.getLogger("layerzoo")
    return logger.filters[:], logger.handlers[:], logger.level, logger.propagate


@pytest.fixture(autouse=True)
def _logger_as_it_was(
    _untouched_logger: tuple[list[Any], list[logging.Handler], int, bool],
) -> Iterator[None]:
    """Whatever a test, or a fixture of its module, shows of Layerzoo's log ends with it."""
    yield
    logger = logging.getLogger("layerzoo")
    filters, handlers, level, logger.propagate = _untouched_logger
    logger.filters[:] = filters
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The same random inputs in every run, for tests that draw some."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
