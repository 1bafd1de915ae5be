"""The net that users look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError, ZooError
from layerzoo.studio.looking.target import Wanted, flags_of, target_of
from layerzoo.studio.routing import ForbiddenError
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def target(studio: Studio, **wanted: object) -> dict[str, object]:
    """The target of a net."""
    return target_of(Wanted(**wanted), studio.index, studio.roots)  # type: ignore[arg-type]  # of tests


def test_run_is_its_folder(studio: Studio, root: Path) -> None:
    folder = write_run(root, "first")
    studio.index.refresh()
    found = target(studio, run=studio.index.runs[0].id)
    assert found == {"run": str(folder)}
    assert flags_of(found) == ["-run", str(folder)]


def test_entry_is_its_address(studio: Studio, home: Path) -> None:
    found = target(studio, zoo="lenet-digits")
    assert flags_of(found) == ["-zoo", "lenet-digits@1"]
    with pytest.raises(ZooError):
        target(studio, zoo="-out")


def test_config_needs_weights_below_the_roots(studio: Studio, root: Path) -> None:
    for name in ("net.prototxt", "w.safetensors"):
        (root / name).touch()
    found = target(studio, net="net.prototxt", weights=["w.safetensors"])
    assert flags_of(found) == [
        "-model",
        str(root / "net.prototxt"),
        "-weights",
        str(root / "w.safetensors"),
    ]
    with pytest.raises(UsageError, match="needs weights"):
        target(studio, net="net.prototxt")
    with pytest.raises(ForbiddenError):
        target(studio, net="net.prototxt", weights=["/etc/passwd"])


def test_exactly_one_net_is_named(studio: Studio) -> None:
    for wanted in ({}, {"zoo": "a", "run": "b"}):
        with pytest.raises(UsageError, match="name one net"):
            target(studio, **wanted)
