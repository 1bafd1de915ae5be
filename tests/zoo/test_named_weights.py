"""Weights that are named by their entry of the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo.named_weights import in_zoo, weights_path
from layerzoo.zoo.store import SHIPPED, LocalZoo


def test_weights_path_is_that_of_the_entry(tmp_path: Path) -> None:
    shipped = SHIPPED / "lenet-digits" / "1" / "weights.safetensors"
    assert weights_path("zoo:lenet-digits") == weights_path("zoo:lenet-digits@1") == shipped
    zoo = LocalZoo(tmp_path, shipped=None)
    with pytest.raises(ZooError, match="no zoo entry 'lenet-digits'"):
        weights_path("zoo:lenet-digits", zoo)


@pytest.mark.parametrize(
    ("name", "found"),
    [("zoo:lenet", True), ("lenet.h5", False), ("my/zoo:lenet", False), ("zoo", False), ("", False)],
)
def test_in_zoo_tells_addresses_from_paths(name: str, found: bool) -> None:
    assert in_zoo(name) == found
