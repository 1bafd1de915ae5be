"""The catalogue of classic models."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.graph import Graph
from layerzoo.loader.files import PACKAGE
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, NetState
from layerzoo.zoo import LocalZoo, load
from layerzoo.zoo.classics import Classic, classics, get_classic
from layerzoo.zoo.deploy import deploy_net
from layerzoo.zoo.get import get
from layerzoo.zoo.preprocessing import Preprocessing
from tests.zoo.badserver import serving

PARAMS = {  # as published by their authors, or counted by Caffe
    "alexnet": 60_965_224,
    "caffenet": 60_965_224,
    "googlenet": 6_998_552,
    "mobilenet": 4_253_891,
    "resnet-50": 25_610_269,
    "resnet-101": 44_654_608,
    "resnet-152": 60_344_387,
    "squeezenet": 1_235_496,
    "vgg-16": 138_357_544,
    "vgg-19": 143_667_240,
}


def deployed(classic: Classic) -> Graph:
    return graph_of(deploy_net(PACKAGE / classic.net), NetState(phase=TEST))


def test_catalogue_lists_all_classics() -> None:
    assert classics().keys() == PARAMS.keys()


@pytest.mark.parametrize("name", PARAMS)
def test_classic_has_published_param_count_and_sourced_facts(name: str) -> None:
    classic = classics()[name]
    graph = deployed(classic)
    assert sum(param.count for param in graph.params) == PARAMS[name]
    (data,), (prob,) = graph.inputs, graph.outputs
    assert (data.name, prob.name) == ("data", "prob")
    assert prob.count == 1000
    how = Preprocessing.parse(classic.preprocessing)
    assert (1, *how.shape) == data.shape
    assert len(classic.sha) in {40, 64}
    assert classic.url.startswith("http")
    assert classic.source
    assert classic.license or "licence" in classic.note, "the note explains a missing licence"


def test_classic_nets_match_the_published_deploy_files(shared: Path) -> None:
    """Compares layer names, param shapes and blob shapes with the published deploy files."""
    published = {
        "alexnet": "BVLC+caffe/models/bvlc_alexnet/deploy.prototxt",
        "caffenet": "BVLC+caffe/models/bvlc_reference_caffenet/deploy.prototxt",
        "googlenet": "BVLC+caffe/models/bvlc_googlenet/deploy.prototxt",
        "mobilenet": "shicai+MobileNet-Caffe/mobilenet_deploy.prototxt",
        "squeezenet": "DeepScale+SqueezeNet/SqueezeNet_v1.1/deploy.prototxt",
    }
    for name, path in published.items():
        ours = deployed(classics()[name])
        theirs = graph_of(deploy_net(shared / "corpus" / path), NetState(phase=TEST))
        for one in (ours, theirs):
            one.__dict__["shown"] = [
                {(one.layers[p.users[0][0]].name, p.users[0][1]): p.own.shape for p in one.params},
                [blob.shape for blob in one.blobs],
            ]
        assert ours.__dict__["shown"] == theirs.__dict__["shown"], name


def test_classic_is_downloaded_checked_and_converted(zoo: LocalZoo, tmp_path: Path) -> None:
    """Uses substitute weights on a server whose first response is truncated."""
    squeezenet = classics()["squeezenet"]
    away = tmp_path / "away"
    away.mkdir()
    Net(deploy_net(PACKAGE / squeezenet.net), "TEST").save_weights(away / "s.caffemodel")
    sha1 = hashlib.sha1((away / "s.caffemodel").read_bytes()).hexdigest()
    cuts = [1]

    def cut(handler: object, path: str, data: bytes | None) -> bool:
        if data is not None and cuts.pop() if cuts else False:
            handler.send(200, data[:100_000], length=len(data))  # type: ignore[attr-defined]  # a Handler
            return True
        return False

    with serving(away, cut) as (url, seen):
        stand_in = replace(squeezenet, url=f"{url}/s.caffemodel", sha1=sha1)
        entry = get_classic(stand_in, zoo)
        assert [headers.get("Range") for _, headers in seen] == [None, "bytes=100000-"]
        with pytest.raises(ZooError, match=r"sha1 .* differs from the published"):
            get_classic(replace(stand_in, sha1="0" * 40), zoo)
    assert entry.origin == stand_in.url
    assert entry.manifest["title"] == "SqueezeNet v1.1"
    assert "licence" in entry.manifest["description"]
    assert load(entry, check=False).net.graph.outputs[0].shape == (1, 1000, 1, 1)
    for blank in ({"url": ""}, {"sha1": ""}):
        with pytest.raises(ZooError, match="is not publicly documented"):
            get_classic(replace(squeezenet, **blank), zoo)  # type: ignore[arg-type]  # texts


def test_get_finds_the_classics(zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetched(classic: Classic, *_: object) -> None:
        asked.append(classic.name)

    monkeypatch.setattr("layerzoo.zoo.get.get_classic", fetched)
    get("vgg-16", zoo)
    assert asked == ["vgg-16"]
    monkeypatch.setenv("LAYERZOO_OFFLINE", "1")
    with pytest.raises(ZooError, match=r"no zoo entry 'vgg-16'.*LAYERZOO_OFFLINE"):
        get("vgg-16", zoo)
