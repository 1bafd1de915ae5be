from __future__ import annotations

import subprocess
import sys

import lmdb
import numpy as np
import pytest

from layerzoo.pycaffe.old_libraries import advice

INSTALL = "pip install 'layerzoo[pycaffe]'"


def test_advice_for_a_script_without_six() -> None:
    said = advice(ModuleNotFoundError("No module named 'six'", name="six"))
    assert said is not None
    assert said.endswith(INSTALL)
    assert advice(ModuleNotFoundError("No module named 'seven'", name="seven")) is None


@pytest.mark.parametrize(
    "error",
    [
        TypeError("only 0-dimensional arrays can be converted to Python scalars"),
        TypeError("%d format: a real number is required, not numpy.ndarray"),
        ValueError("setting an array element with a sequence."),
    ],
)
def test_advice_for_an_array_of_one_element_depends_on_numpys_version(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "__version__", "2.4.0")
    said = advice(error)
    assert said is not None
    assert "numpy 2.4.0 does not convert an array of one element" in said
    assert said.endswith(INSTALL)
    monkeypatch.setattr(np, "__version__", "2.3.9")
    assert advice(error) is None


@pytest.mark.skipif(np.__version__ < "2.4", reason="this numpy converts an array of one element to a number")
def test_advice_matches_the_message_of_numpy() -> None:
    with pytest.raises(TypeError) as error:
        float(np.ones(1))
    assert advice(error.value) is not None


def test_advice_for_a_database_that_is_open() -> None:
    said = advice(lmdb.Error("The environment '/a/db' is already open in this process."))
    assert said is not None
    assert said.endswith("close it there, or install an older version: pip install 'lmdb<2'")
    assert advice(lmdb.Error("something else")) is None


def test_advice_ends_what_a_script_prints() -> None:
    text = "raise ModuleNotFoundError(\"No module named 'six'\", name='six')"
    done = subprocess.run(
        [sys.executable, "-m", "layerzoo.pycaffe", "-c", text], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(INSTALL)
