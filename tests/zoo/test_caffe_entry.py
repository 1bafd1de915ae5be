"""Entries from folders in the format of Caffe's model zoo."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.engine import test_step as step
from layerzoo.errors import ZooError
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, BlobProto, NetState
from layerzoo.zoo import LocalZoo, entry_net, load
from layerzoo.zoo.caffe_entry import CaffeEntry, import_caffe, look_into, read_front
from tests.zoo.badserver import serving

DEPLOY = """
name: "Small"
input: "data"
input_dim: 10 input_dim: 3 input_dim: 6 input_dim: 6
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv"
         convolution_param { num_output: 2 kernel_size: 3 } }
layers { name: "fc" type: INNER_PRODUCT bottom: "conv" top: "fc" inner_product_param { num_output: 2 } }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
"""
README = """---
name: A Small Net
caffemodel: small.caffemodel
caffemodel_url: {url}
license: unrestricted
sha1: {sha1}
caffe_commit: 709dc15af4a06bebda027c1eb2b3f3e3375d5077
---

This net is small.

It is a net.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder in Caffe's format: V1 prototxt, weights, mean, class names and readme."""
    made = tmp_path / "small_net"
    made.mkdir()
    (made / "deploy.prototxt").write_text(DEPLOY)
    (made / "solver.prototxt").write_text("base_lr: 0.1\n")
    net = Net(parse_net(DEPLOY), "TEST", seed=1)
    for index, blob in enumerate(net.learnable):
        blob.data.normal_(generator=torch.Generator().manual_seed(index))
    net.save_weights(made / "small.caffemodel")
    sha1 = hashlib.sha1((made / "small.caffemodel").read_bytes()).hexdigest()
    (made / "readme.md").write_text(README.format(url="http://127.0.0.1:9/x", sha1=sha1))
    (made / "synset_words.txt").write_text("n01440764 tench, Tinca tinca\nn01443537 goldfish\n")
    mean = BlobProto(num=1, channels=3, height=8, width=8, data=np.arange(192, dtype="f4"))
    (made / "small_mean.binaryproto").write_bytes(mean.SerializeToString())
    return made


def test_caffe_folder_becomes_an_entry(folder: Path, zoo: LocalZoo) -> None:
    entry = import_caffe(look_into(folder), "small", zoo, origin="there")
    entry.verify()
    assert entry.origin == "there"
    facts = entry.manifest
    assert (facts["title"], facts["license"]) == ("A Small Net", "unrestricted")
    assert facts["description"] == "This net is small."
    assert facts["net"]["inputs"] == {"data": [1, 3, 6, 6]}
    assert facts["preprocessing"] == {
        "channels": 3,
        "order": "BGR",
        "size": [8, 8],
        "crop_size": 6,
        "mean_file": "mean.npy",
    }
    loaded = load(entry)
    assert loaded.labels == ["tench, Tinca tinca", "goldfish"]
    theirs = Net(parse_net(DEPLOY), "TEST", weights=folder / "small.caffemodel")
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    mean = np.arange(192, dtype="f4").reshape(3, 8, 8)
    by_hand = (pixels[..., ::-1].transpose(2, 0, 1) - mean)[None, :, 1:7, 1:7]
    with torch.no_grad():
        wanted = theirs(data=torch.from_numpy(by_hand))["prob"]
    found = loaded.scores(loaded.prepare([pixels]))
    torch.testing.assert_close(found, wanted)


def test_missing_weights_are_downloaded_and_checked(folder: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (folder / "small.caffemodel").rename(away / "small.caffemodel")
    sha1 = hashlib.sha1((away / "small.caffemodel").read_bytes()).hexdigest()
    with serving(away) as (url, _):
        (folder / "readme.md").write_text(README.format(url=f"{url}/small.caffemodel", sha1=sha1))
        import_caffe(look_into(folder), "small", zoo, origin="there").verify()
        (folder / "readme.md").write_text(README.format(url=f"{url}/small.caffemodel", sha1="0" * 40))
        with pytest.raises(ZooError, match=f"sha1 {sha1} differs from the published 0000"):
            import_caffe(look_into(folder), "small", zoo, origin="there")
        (folder / "readme.md").write_text(README.format(url=f"{url}/small.caffemodel", sha1=""))
        with pytest.raises(ZooError, match="the readme has no valid sha1"):
            import_caffe(look_into(folder), "small", zoo, origin="there")
    (folder / "readme.md").unlink()
    with pytest.raises(ZooError, match="the weights are missing, and the readme has no caffemodel_url"):
        import_caffe(look_into(folder), "small", zoo, origin="there")
    assert len(zoo.entries()) == 1


def test_invalid_caffe_folder_is_refused(folder: Path, zoo: LocalZoo) -> None:
    (folder / "readme.md").write_text(README.format(url="", sha1="0" * 40))
    with pytest.raises(ZooError, match=r"sha1 .* differs from that of the readme, 0000"):
        import_caffe(look_into(folder), "small", zoo, origin="there")
    (folder / "readme.md").unlink()
    (folder / "deploy.prototxt").write_text(DEPLOY.replace("num_output: 2 kernel", "num_output: 3 kernel"))
    with pytest.raises(ZooError, match=r"weights of layer 'conv', blob 0, have shape \(2, 3, 3, 3\)"):
        import_caffe(look_into(folder), "small", zoo, origin="there")
    (folder / "deploy.prototxt").unlink()
    with pytest.raises(ZooError, match="the net is missing"):
        import_caffe(look_into(folder), "small", zoo, origin="there")
    with pytest.raises(ZooError, match="No such file"):
        look_into(folder / "nowhere")


def test_preprocessing_is_derived_from_a_train_val_net(zoo: LocalZoo, tmp_path: Path) -> None:
    text = emit(parse_net(DEPLOY).message, "prototxt")
    found = CaffeEntry(weights=tmp_path / "w.caffemodel", net=tmp_path / "net.prototxt")
    (tmp_path / "net.prototxt").write_text(text)
    Net(parse_net(text), "TEST").save_weights(tmp_path / "w.caffemodel")
    given = {"mean_value": [1.0, 2.0, 3.0], "size": [7, 7], "scale": None}
    entry = import_caffe(found, "small", zoo, origin="x", preprocessing=given)
    assert entry.manifest["preprocessing"] == {
        "channels": 3,
        "order": "BGR",
        "size": [7, 7],
        "crop_size": 6,
        "mean_value": [1.0, 2.0, 3.0],
    }


def test_front_matter_of_caffe_and_hugging_face_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"---\r\nname: A: b\r\nlicense: 'mit'\r\ngist_id: 12\r\n---\r\ntext\r\n")
    assert read_front(tmp_path / "a") == ({"name": "A: b", "license": "mit", "gist_id": "12"}, "text")
    (tmp_path / "b").write_text("no front matter\n---\nname: x\n---\n")
    assert read_front(tmp_path / "b")[0] == {}
    (tmp_path / "c").write_bytes(b"---\nname: \xff\n---\n")
    assert read_front(tmp_path / "c")[0]["name"] == "\ufffd"


def test_published_lenet_reaches_its_known_accuracy(
    shared: Path, zoo: LocalZoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mnist").symlink_to(shared / "data" / "mnist")
    found = CaffeEntry(
        Path("configs/lenet_train_test.yaml"), shared / "weights/lenet_mnist/lenet_iter_9000.caffemodel"
    )
    entry = import_caffe(found, "lenet-mnist", zoo, origin="there", preprocessing={"scale": 1 / 256})
    document = entry_net(entry, overrides=["net.layer[digits,TEST].dataset_param.name=mnist"])
    net = Net(graph_of(document, NetState(phase=TEST)), weights=entry.file("weights.safetensors"))
    from layerzoo import solver

    scores = solver.Tester(net, None).run(step).values
    assert 0.991 <= scores["accuracy"][0] <= 0.992


def test_folder_with_a_link_to_a_file_elsewhere_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (folder / "class_labels.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(ZooError, match=r"class_labels\.txt is a link to a file outside of the folder"):
        look_into(folder)


def test_url_of_a_readme_is_of_the_web(folder: Path, zoo: LocalZoo) -> None:
    found = look_into(folder)
    found.weights = None
    found.front["caffemodel_url"] = "file:///etc/passwd"
    with pytest.raises(ZooError, match="only http and https are followed"):
        import_caffe(found, "small", zoo, origin="x")
