"""Import entries of Caffe's model zoo: a folder with prototxt, weights, mean, labels and readme."""

from __future__ import annotations

import io
import logging
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from layerzoo.data.mean import read_mean
from layerzoo.errors import ConfigError, ZooError
from layerzoo.loader import emit, load_net
from layerzoo.net import Net, graph_of
from layerzoo.regular_file import read_bytes, read_text
from layerzoo.schema import TEST, NetState
from layerzoo.weights import open_weights, read
from layerzoo.weights.safetensors import write_safetensors
from layerzoo.zoo.deploy import deploy_net
from layerzoo.zoo.describe import describe_deployed
from layerzoo.zoo.download import Progress, download
from layerzoo.zoo.entry import DEPLOY, LABELS, MEAN, NET, WEIGHTS, Entry
from layerzoo.zoo.preprocessing import Preprocessing, preprocessing_of
from layerzoo.zoo.publishing import publish
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.trust import check_lists, check_memory, check_net, check_weights

log = logging.getLogger("layerzoo")

_MAX_README: Final = 1 << 20
_WEIGHTS = (".caffemodel", ".h5", ".safetensors")
_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*$", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_][\w-]*):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@dataclass
class CaffeEntry:
    """The files of an entry of Caffe's zoo.

    Attributes:
        net: config, for deployment or for training and testing.
        weights: weights; None to download them.
        mean: mean image, ``.binaryproto`` or ``.npy``.
        labels: class labels, one per line.
        front: front matter of the readme.
        text: text of the readme after the front matter.
    """

    net: Path | None = None
    weights: Path | None = None
    mean: Path | None = None
    labels: Path | None = None
    front: dict[str, str] = field(default_factory=dict)
    text: str = ""


def look_into(folder: Path) -> CaffeEntry:
    """Find the files of an entry in a folder, by the names usual in Caffe's zoo.

    Raises:
        ZooError: the folder can't be read, or has a link to a file outside of it.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        outside = [file for file in files if not file.resolve().is_relative_to(folder.resolve())]
    except OSError as error:
        raise ZooError(f"{folder}: {error.strerror or error}") from None
    if outside:
        raise ZooError(f"{outside[0]} is a link to a file outside of the folder")
    readme = next((path for path in files if path.name.lower() == "readme.md"), None)
    front, text = read_front(readme) if readme else ({}, "")
    named = front.get("caffemodel", "")
    configs = [path for path in files if path.suffix == ".prototxt" and "solver" not in path.name]
    nets = sorted(configs, key=lambda path: ("deploy" not in path.name, "train" not in path.name, path.name))
    weights = [path for path in files if path.suffix in _WEIGHTS and "mean" not in path.name]
    means = [path for path in files if "mean" in path.name and path.suffix in {".binaryproto", ".npy"}]
    labels = [path for path in files if re.search(r"(synset|labels|classes|words).*\.txt$", path.name)]
    return CaffeEntry(
        net=next(iter(nets), None),
        weights=next((path for path in weights if path.name == named), next(iter(weights), None)),
        mean=next(iter(means), None),
        labels=next(iter(labels), None),
        front=front,
        text=text,
    )


def read_front(readme: Path) -> tuple[dict[str, str], str]:
    """Read the front matter of a readme (keys of Caffe or Hugging Face) and the text after it."""
    text = read_bytes(readme, _MAX_README).decode("utf-8", "replace").replace("\r\n", "\n")
    match = _FRONT.match(text)
    if not match:
        return {}, text
    return {key: value.strip("\"'") for key, value in _KEY.findall(match[1])}, text[match.end() :].strip()


def import_caffe(
    found: CaffeEntry,
    name: str,
    zoo: LocalZoo | None = None,
    *,
    origin: str,
    preprocessing: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Convert an entry of Caffe's zoo and publish it.

    Weights are verified by the published sha1 if there is one, and converted to safetensors; they have to
    include each param of the net.

    Args:
        found: files of the entry.
        name: name of the new entry.
        zoo: target; None for the local zoo.
        origin: source; the net is untrusted.
        preprocessing: preprocessing of images, if the net's data layer doesn't define it: ``size``,
            ``crop_size``, ``mean_value``, ``scale``, ``value_scale``, ``order``.
        facts: fields of the manifest that override those of the readme.
        progress: called while weights are downloaded.

    Raises:
        ZooError: a file is missing, damaged, or doesn't fit.
        ConfigError, WeightsError, DataError: a file can't be read.
    """
    zoo = zoo or LocalZoo()
    if found.net is None:
        raise ZooError("the net is missing: name a prototxt (-model FILE)")
    with tempfile.TemporaryDirectory() as folder:
        weights = found.weights or _fetched(found, Path(folder), progress)
        sha1 = found.front.get("sha1", "")
        if found.weights is not None and re.fullmatch("[0-9a-fA-F]{40}", sha1):
            _check_sha1(weights, sha1)
        document = load_net(found.net)
        check_net(document.message, str(found.net), root=document.root)
        check_lists(document.message, found.net.parent, str(found.net))
        deployed = deploy_net(document)
        graph = graph_of(deployed, NetState(phase=TEST))
        check_memory(graph, str(found.net))
        with open_weights(weights) as stored:
            check_weights(graph, stored, str(weights))
        converted = Path(folder) / WEIGHTS
        net = Net(graph)
        log.info("%s", net.load_weights(weights))
        write_safetensors(converted, read(weights))
        files: dict[str, bytes | Path] = {
            NET: emit(document.message, "prototxt").encode(),
            DEPLOY: emit(deployed, "prototxt").encode(),
            WEIGHTS: converted,
        }
        stated: dict[str, Any] = {
            "title": found.front.get("name", name),
            "description": found.text.partition("\n\n")[0][:1000] or None,
            "license": found.front.get("license"),
        }
        shape = graph.input_shapes()[graph.inputs[0].name]
        prepared = _preprocessing(document, shape, found.mean, preprocessing, files)
        if prepared is not None:
            stated["preprocessing"] = prepared.facts()
        if found.labels:
            files[LABELS] = "".join(f"{label}\n" for label in read_labels(found.labels)).encode()
        made = describe_deployed(net, None)
        everything = {**stated, **made.facts, **{k: v for k, v in (facts or {}).items() if v}}
        return publish(name, {**files, **made.files}, everything, zoo, origin=origin)


def _fetched(found: CaffeEntry, folder: Path, progress: Progress | None) -> Path:
    url, sha1 = found.front.get("caffemodel_url", ""), found.front.get("sha1", "")
    if not url:
        raise ZooError("the weights are missing, and the readme has no caffemodel_url")
    if not url.startswith(("http://", "https://")):
        raise ZooError(f"the readme's caffemodel_url is '{url}'; only http and https are followed")
    if not re.fullmatch("[0-9a-fA-F]{40}", sha1):
        raise ZooError(f"the readme has no valid sha1 of {url}, so a download can't be checked")
    return download(url, folder / "weights.caffemodel", sha1, progress)


def _check_sha1(weights: Path, sha1: str) -> None:
    import hashlib

    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha1").hexdigest()
    if found != sha1.lower():
        raise ZooError(f"{weights}: sha1 {found} differs from that of the readme, {sha1}")


def _preprocessing(
    document: Any,
    shape: tuple[int, ...],
    mean: Path | None,
    given: Mapping[str, Any] | None,
    files: dict[str, bytes | Path],
) -> Preprocessing | None:
    """Preprocessing: as given, else that of the data layer, else inferred from the input shape."""
    facts: dict[str, Any] = {}
    try:
        known = preprocessing_of(graph_of(document, NetState(phase=TEST)))
    except ConfigError:
        known = None  # its data is somewhere else
    image = known[1] if known else None
    if known is not None:
        facts = known[0].facts()
    elif len(shape) == 4 and shape[1] in {1, 3}:
        facts = {"channels": shape[1], "order": "BGR" if shape[1] == 3 else "GREY", "size": list(shape[2:])}
    else:
        return None
    settings = {key: value for key, value in (given or {}).items() if value is not None}
    if "scale" in settings:
        facts.pop("value_scale", None)  # Caffe's scale applies to pixel values from 0 to 255
    facts |= settings
    if "size" in settings and "crop_size" not in settings and list(settings["size"]) != list(shape[2:]):
        facts["crop_size"] = shape[2]
    if mean is not None:
        image = read_mean(mean)
        facts.pop("mean_value", None)
    if image is not None and "mean_value" not in facts:
        if image.shape[1:] == (1, 1):
            facts["mean_value"] = [float(value) for value in image.ravel()]
        else:
            facts |= {"mean_file": MEAN, "size": list(image.shape[1:])}
            if tuple(image.shape[1:]) != shape[2:]:
                facts["crop_size"] = shape[2]
            buffer = io.BytesIO()
            np.save(buffer, image)
            files[MEAN] = buffer.getvalue()
    return Preprocessing.parse(facts)


def read_labels(path: Path) -> list[str]:
    """Read class labels, without ImageNet's synset ids (``n01440764 tench, Tinca tinca``).

    Raises:
        OSError: the file can't be read.
    """
    lines = read_text(path, "replace").splitlines()
    return [re.sub(r"^n\d{8}\s+", "", line.strip()) for line in lines if line.strip()]
