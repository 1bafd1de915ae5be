"""Nets that generate, loaded from an entry or from files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import WeightsError, ZooError
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net
from layerzoo.schema import TEST, NetState
from layerzoo.zoo import publish
from layerzoo.zoo.describe import describe
from layerzoo.zoo.entry import GENERATING, NET, WEIGHTS, Entry
from layerzoo.zoo.open_generating import open_entry, open_unpublished
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.unpublished import Unpublished, of_config
from tests.zoo.test_generating import AUTOENCODER


@pytest.fixture
def trained(tmp_path: Path) -> Unpublished:
    net = Net(parse_net(AUTOENCODER, format="yaml"), "TEST", seed=3)
    (tmp_path / NET).write_text(emit(parse_net(AUTOENCODER, format="yaml").message, "prototxt"))
    net.save_weights(tmp_path / WEIGHTS)
    return of_config(tmp_path / NET, [tmp_path / WEIGHTS])


def entry_of(trained: Unpublished, zoo: Path) -> Entry:
    described = describe(trained.net, Path(trained.weights[0]))
    files = {**described.files, NET: trained.net, WEIGHTS: Path(trained.weights[0])}
    return publish("digits", files, described.facts, LocalZoo(zoo))


def test_files_give_the_net_with_weights_and_preprocessing(trained: Unpublished) -> None:
    found = open_unpublished(trained, seed=5)
    assert found.name == "autoencoder"
    assert found.preprocessing is not None
    assert found.preprocessing.value_scale == pytest.approx(1 / 255)
    whole = Net(parse_net(AUTOENCODER, format="yaml"), state=NetState(phase=TEST, stage=["generate"]), seed=5)
    whole.load_weights(trained.weights[0], lenient=True)
    whole()
    expected = torch.sigmoid(whole.blobs["x"]).reshape(9, 1, 28, 28)
    torch.testing.assert_close(found.net()["image"], expected)


def test_entry_has_the_net_and_needs_no_data(trained: Unpublished, tmp_path: Path) -> None:
    entry = entry_of(trained, tmp_path / "zoo")
    assert GENERATING in entry
    found = open_entry(entry, seed=5)
    torch.testing.assert_close(found.net()["image"], open_unpublished(trained, seed=5).net()["image"])
    assert found.name == "digits@1"
    assert "    layerzoo generate -zoo digits -samples 64\n" in entry.file("README.md").read_text()
    assert found.preprocessing is not None
    assert open_entry(entry, blob="code").net.outputs == ["code"]
    assert open_entry("digits", zoo=LocalZoo(tmp_path / "zoo")).net.outputs == ["image"]


def test_entry_without_the_stage_says_so(trained: Unpublished, tmp_path: Path) -> None:
    plain = AUTOENCODER.replace("generate", "other")
    trained.net.write_text(emit(parse_net(plain, format="yaml").message, "prototxt"))
    entry = entry_of(trained, tmp_path / "zoo")
    assert GENERATING not in entry
    with pytest.raises(ZooError, match="has no rules for the stage 'generate'"):
        open_entry(entry)


def test_weights_of_another_net_are_refused(trained: Unpublished, tmp_path: Path) -> None:
    other = parse_net(
        AUTOENCODER.replace("num_output: 4}", "num_output: 3}").replace("[9, 4]", "[9, 3]"), format="yaml"
    )
    trained.net.write_text(emit(other.message, "prototxt"))
    with pytest.raises((ZooError, WeightsError), match="x"):
        open_unpublished(trained)
