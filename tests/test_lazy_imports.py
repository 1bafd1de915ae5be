"""Names that a package imports on first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

import layerzoo.zoo
from layerzoo.lazy_imports import imported_on_use


def test_name_is_imported_from_its_module() -> None:
    from layerzoo.errors import UsageError

    attribute = imported_on_use("layerzoo", {"errors": ("UsageError",)})
    assert attribute("UsageError") is UsageError


def test_unknown_name_is_answered_with_the_nearest() -> None:
    attribute = imported_on_use("layerzoo", {"errors": ("UsageError",)})
    with pytest.raises(
        AttributeError, match=r"'layerzoo' has no attribute 'UsageEror'; did you mean 'UsageError'"
    ):
        attribute("UsageEror")
    with pytest.raises(AttributeError, match=r"no attribute '__wrapped__'$"):
        attribute("__wrapped__")


def test_names_of_the_zoo_are_functions_however_they_are_imported() -> None:
    for name in layerzoo.zoo.__all__:
        assert getattr(layerzoo.zoo, name) is not None
        assert name in dir(layerzoo.zoo)
    code = (
        "import sys, layerzoo.zoo.store; assert 'torch' not in sys.modules; import layerzoo.zoo.zoo_net; "
        "from layerzoo import zoo; assert callable(zoo.load) and callable(zoo.publish)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
