"""The registry of named data sets."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.dataset import DATASETS, NamedSet, dataset
from layerzoo.data.samples import Floats
from layerzoo.errors import LayerzooError


def stripes(module: str = __name__) -> type[NamedSet]:
    class Stripes(NamedSet):
        channels, native_size, size, classes, credit = 1, 2, 4, 2, "generated"

        def load(self, split: str) -> tuple[Floats, Floats]:
            return np.zeros((3, 1, 2, 2), np.float32), np.zeros(3, np.float32)

    Stripes.__module__ = module
    return Stripes


@pytest.fixture(autouse=True)
def _separate_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    list(DATASETS)  # imports the shipped ones
    monkeypatch.setattr(DATASETS, "_known", dict(DATASETS._known))


def test_dataset_registers_the_name_in_lower_case() -> None:
    cls = stripes()
    assert dataset(cls) is cls
    assert DATASETS["stripes"] is cls
    assert "stripes" in list(DATASETS)
    assert "Stripes" not in DATASETS


def test_dataset_rejects_a_registered_name() -> None:
    dataset(stripes())
    with pytest.raises(LayerzooError, match="data set 'stripes' is already registered by"):
        dataset(stripes("elsewhere"))


def test_datasets_contain_the_shipped_ones() -> None:
    assert set(DATASETS) >= {"digits", "mnist"}


def test_named_set_has_two_splits_and_needs_load() -> None:
    assert NamedSet.splits == ("train", "test")
    with pytest.raises(TypeError, match="abstract"):
        NamedSet()  # type: ignore[abstract]
