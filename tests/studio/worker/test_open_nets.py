"""Nets that the worker has loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError, ZooError
from layerzoo.studio.worker import open_nets
from layerzoo.studio.worker.open_nets import open_net


def test_net_is_loaded_once(home: Path) -> None:
    first = open_net({"zoo": "lenet-digits"})
    assert open_net({"zoo": "lenet-digits@1"}) is first


def test_few_nets_are_kept(home: Path) -> None:
    names = ("lenet-digits", "mlp-digits", "autoencoder-digits", "unet-shapes")
    for name in names:
        open_net({"zoo": name})
    assert len(open_nets._nets) == 3


def test_config_with_weights_is_loaded_again_when_a_file_changes(home: Path, tmp_path: Path) -> None:
    shipped = open_net({"zoo": "mlp-digits"}).entry
    assert shipped is not None
    paths = {name: tmp_path / name for name in ("net.prototxt", "weights.safetensors")}
    for name, path in paths.items():
        path.write_bytes((shipped.path / name).read_bytes())
    target = {"net": str(paths["net.prototxt"]), "weights": [str(paths["weights.safetensors"])]}
    first = open_net(target)
    assert open_net(target) is first
    paths["net.prototxt"].write_text(paths["net.prototxt"].read_text() + "\n# changed\n")
    assert open_net(target) is not first


def test_net_that_is_missing(home: Path) -> None:
    with pytest.raises(ZooError, match="no zoo entry"):
        open_net({"zoo": "nothing"})
    with pytest.raises(UsageError, match="name a net"):
        open_net({"net": "x"})
