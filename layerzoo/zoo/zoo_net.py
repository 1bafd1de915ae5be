"""Load nets of the zoo and classify images.

::

    lenet = layerzoo.zoo.load("lenet-digits")
    lenet.classify(["seven.png"])             # [[Guess(label="7", index=7, score=0.998), …]]
    lenet.net(data=lenet.prepare([image]))    # {"prob": tensor}
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerzoo.data.fitted import checked_layer
from layerzoo.data.samples import Image
from layerzoo.errors import DataError, ZooError
from layerzoo.image_file import read_file
from layerzoo.loader import Document, load_net
from layerzoo.net import Net, free_folded_params, graph_of
from layerzoo.schema import TEST, LayerParameter, NetParameter, NetState
from layerzoo.weights import open_weights
from layerzoo.zoo.entry import DEPLOY, GOLDEN, INPUTS, LABELS, MEAN, NET, NUMBERS, WEIGHTS, Entry
from layerzoo.zoo.golden import check_golden
from layerzoo.zoo.preprocessing import Preprocessing
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.trust import check_lists, check_memory, check_net, check_weights, paths_in

_MAX_LABELS: Final = 16 << 20

R = TypeVar("R")
Prepared = Tensor | Mapping[str, Tensor]
"""A batch for the only input of a net, or for each by name."""
ImageSource = str | Path | bytes | NDArray[np.uint8]
"""A file, its bytes, or pixels: height x width (grey) or height x width x 3 (RGB)."""


@dataclass(frozen=True)
class Guess:
    """A predicted class of an image, or a predicted number.

    Attributes:
        label: label of the class, or name of the target; the index if the entry has none.
        index: index of the class or target.
        score: score of the net; for a target the number itself, in the units of the data.
    """

    label: str
    index: int
    score: float


class ZooNet:
    """A net for deployment with weights, labels and preprocessing.

    Attributes:
        net: the net.
        labels: class labels; empty if the entry has none.
        preprocessing: preprocessing of images; None if the net doesn't take images.
        inputs: the data layer with what it learned from its source, by which `layerzoo.zoo.new_data` reads
            new samples; None if it is of images or unknown.
        entry: its entry; None for a net outside of the zoo.
        compute: computes its outputs of a batch for its input; the net's own pass unless another engine was
            chosen (`layerzoo.zoo.engines`).
        predicts_numbers: whether its outputs are numbers of targets, not scores of classes.
    """

    def __init__(
        self,
        net: Net,
        labels: Sequence[str] = (),
        preprocessing: Preprocessing | None = None,
        entry: Entry | None = None,
        predicts_numbers: bool = False,
    ) -> None:
        self.net, self.labels, self.preprocessing, self.entry = net, list(labels), preprocessing, entry
        self.name = entry.address if entry else net.name
        self.predicts_numbers = predicts_numbers
        self.inputs: LayerParameter | None = None
        self.compute: Callable[[Tensor], Mapping[str, Tensor]] = self._pass

    def prepare(self, images: Sequence[ImageSource]) -> Tensor:
        """Preprocess images: count x channels x height x width, on the net's device.

        Raises:
            DataError: a file is missing or not an image.
            ZooError: the net doesn't take images.
        """
        how = self._preprocessing()
        pixels = [self._pixels(image, how) for image in images]
        return torch.from_numpy(how(pixels)).to(self.net.device)

    def scores(self, prepared: Prepared) -> Tensor:
        """Scores of a batch of preprocessed images, or of all inputs: count x classes, on the CPU.

        Raises:
            ZooError: the net has several inputs, or its output is not one score per class.
        """
        found = self.output(prepared, self.prediction)
        if found.dim() < 2 or found.shape[0] * found.shape[1] != found.numel():
            raise ZooError(
                f"{self.name}: output '{self.prediction}' has shape {tuple(found.shape)}; "
                "expected one score per class"
            )
        return found.flatten(1)

    def classify(
        self, images: Iterable[ImageSource], top: int = 5, batch_size: int = 64
    ) -> list[list[Guess]]:
        """The ``top`` classes of each image, best first; or the number of each target, in order.

        Raises:
            DataError: a file is missing or not an image.
            ZooError: the net doesn't take images, or its output is not one score per class.
        """
        found = []
        for _, guesses in self.classify_each(images, top, batch_size):
            if isinstance(guesses, DataError):
                raise guesses
            found.append(guesses)
        return found

    def classify_each(
        self, images: Iterable[ImageSource], top: int = 5, batch_size: int = 64
    ) -> Iterator[tuple[ImageSource, list[Guess] | DataError]]:
        """Like `classify`, but yields image by image, with a `DataError` for an image that can't be read."""
        return self.each(images, lambda batch: self.guesses(batch, top), batch_size)

    def each(
        self, images: Iterable[ImageSource], results: Callable[[Tensor], Iterable[R]], batch_size: int
    ) -> Iterator[tuple[ImageSource, R | DataError]]:
        """Preprocess images in batches, and yield what a function makes of each.

        Args:
            images: the images.
            results: the result for each image of a preprocessed batch.
            batch_size: number of images in a batch.

        Returns:
            each image with its result, or with a `DataError` if it can't be read.

        Raises:
            ZooError: the net doesn't take images.
        """
        how = self._preprocessing()
        remaining = iter(images)
        while sources := list(islice(remaining, batch_size)):
            held: list[Image | DataError] = []
            for source in sources:
                try:
                    held.append(self._pixels(source, how))
                except DataError as error:
                    held.append(error)
            pixels = [image for image in held if not isinstance(image, DataError)]
            found = iter(results(torch.from_numpy(how(pixels)).to(self.net.device)) if pixels else ())
            for source, image in zip(sources, held, strict=True):
                yield source, image if isinstance(image, DataError) else next(found)

    def guesses(self, prepared: Prepared, top: int) -> Iterator[list[Guess]]:
        """The ``top`` classes of each sample of a batch, best first; or the number of each target.

        Raises:
            ZooError: the net's output is not one score per class.
        """
        scores = self.scores(prepared)
        if self.predicts_numbers:
            for row in scores.tolist():
                yield [Guess(self.label(index), index, value) for index, value in enumerate(row)]
            return
        best = scores.topk(min(top, scores.shape[1]))
        for row in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            yield [Guess(self.label(index), index, score) for index, score in zip(*row, strict=True)]

    def output(self, prepared: Prepared, name: str) -> Tensor:
        """An output for a batch of preprocessed images, or for all inputs by name, on the CPU.

        Raises:
            ZooError: the net has several inputs.
        """
        if isinstance(prepared, Tensor):
            return self.compute(prepared)[name].float().cpu()
        with torch.no_grad():
            found: Tensor = self.net(**prepared)[name]
        return found.float().cpu()

    def _pass(self, prepared: Tensor) -> Mapping[str, Tensor]:
        inputs = self.net.graph.inputs
        if len(inputs) != 1:
            raise ZooError(f"{self.name} has {len(inputs)} inputs; expected one")
        with torch.no_grad():
            found: Mapping[str, Tensor] = self.net(**{inputs[0].name: prepared})
        return found

    def label(self, index: int) -> str:
        """The label of a class; the index if the entry has no labels."""
        return self.labels[index] if index < len(self.labels) else str(index)

    @property
    def prediction(self) -> str:
        """Name of the blob with the class scores.

        Raises:
            ZooError: it is ambiguous.
        """
        outputs = self.net.graph.outputs
        layers = self.net.ordered_layers()
        made = {blob.name: layers[blob.producer] for blob in outputs}
        likely = [name for name, layer in made.items() if layer.gives_probabilities] or list(made)
        if len(likely) != 1:
            raise ZooError(
                f"{self.name} has outputs {', '.join(likely) or 'none'}; "
                "expected exactly one with class scores"
            )
        return likely[0]

    def _preprocessing(self) -> Preprocessing:
        if self.preprocessing is None:
            raise ZooError(
                f"{self.name} takes no images: the data layer that it was trained with doesn't give any"
            )
        return self.preprocessing

    def _pixels(self, image: ImageSource, how: Preprocessing) -> Image:
        if isinstance(image, np.ndarray):
            return how.image(_channels(image, how.channels), "the image")
        if isinstance(image, bytes):
            return how.image(image, "the image")
        return how.image(read_file(image), str(image))


def load(
    address: str | Entry,
    *,
    zoo: LocalZoo | None = None,
    device: str | torch.device = "cpu",
    check: bool = True,
    overrides: Sequence[str] = (),
    keep_params: bool = True,
) -> ZooNet:
    """Load a net of the zoo.

    Args:
        address: ``name``, ``name@version`` or ``name@hash``; or an entry.
        zoo: zoo to search; None for the local zoo and the entries that come with Layerzoo.
        device: device of the net.
        check: compare its outputs with the golden pair; skipped with ``overrides``.
        overrides: ``-set`` arguments.
        keep_params: whether anything but passes for the net's outputs will use its params; if not, they are
            freed as they are packed (`layerzoo.net.free_folded_params`).

    Raises:
        ZooError: the entry is missing or damaged, names paths outside of its folder, needs too much memory,
            or its outputs differ from the golden ones.
    """
    entry = address if isinstance(address, Entry) else (zoo or LocalZoo()).get(address)
    where = f"zoo entry {entry.address}"
    if DEPLOY not in entry:
        raise ZooError(
            f"{where} has no net for deployment; layerzoo test -zoo {entry.address} can still run it"
        )
    document = entry_net(entry, DEPLOY, overrides)
    weights = entry.file(WEIGHTS)
    graph = graph_of(document, NetState(phase=TEST))
    check_memory(graph, where)
    with open_weights(weights) as stored:
        check_weights(graph, stored, where)
    net = Net(graph)
    net.load_weights(weights)
    facts: dict[str, Any] = entry.manifest.get("preprocessing", {})
    preprocessing = Preprocessing.parse(facts, entry.path) if facts else None
    if preprocessing and preprocessing.mean_file:
        entry.file(preprocessing.mean_file)
    if not keep_params and torch.device(device).type == "cpu":
        free_folded_params(net)
    if check and GOLDEN in entry and not overrides:
        check_golden(net, entry.file(GOLDEN))  # on the CPU: a GPU may compute in TF32
    net.to(device)
    if not keep_params:
        free_folded_params(net)
    made = ZooNet(net, labels_of(entry), preprocessing, entry, entry.manifest.get("predicts") == NUMBERS)
    made.inputs = _inputs(entry)
    return made


def _inputs(entry: Entry) -> LayerParameter | None:
    """The fitted data layer of an entry; None if it has none.

    Raises:
        ConfigError, DataError: the file isn't one.
        ZooError: it differs from the published file, or names paths outside of the entry's folder.
    """
    if INPUTS not in entry:
        return None
    layer = checked_layer(entry_net(entry, INPUTS).message, f"zoo entry {entry.address}: {INPUTS}")
    if layer.transform_param.mean_file:
        layer.transform_param.mean_file = str(entry.file(MEAN))
    return layer


def labels_of(entry: Entry) -> list[str]:
    """The class labels of an entry; empty if it has none.

    Raises:
        ZooError: the file differs from the published one, or is not a text file of at most 16 MiB.
    """
    if LABELS not in entry:
        return []
    path = entry.file(LABELS)
    if entry.files[LABELS].size > _MAX_LABELS:
        raise ZooError(f"zoo entry {entry.address}: '{LABELS}' is larger than {_MAX_LABELS:,} bytes")
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ZooError(f"zoo entry {entry.address}: '{LABELS}' is not text in UTF-8: {error}") from None


def entry_net(entry: Entry, file: str = NET, overrides: Sequence[str] = ()) -> Document[NetParameter]:
    """Load a net's config from an entry and check it.

    Args:
        entry: the entry.
        file: which of its configs.
        overrides: the user's ``-set`` arguments; paths in them are not checked.

    Raises:
        ConfigError: it has faults.
        ZooError: it differs from the published file, or names paths outside of the entry's folder.
    """
    path = entry.file(file)
    where = f"zoo entry {entry.address}"
    document = load_net(path, overrides)
    if entry.origin:
        own = paths_in(document.message) - paths_in(load_net(path).message) if overrides else set()
        check_net(document.message, where, own, document.root)
        for named in sorted(paths_in(document.message) - own):
            if os.path.lexists(entry.path / named) and not entry.path.samefile(entry.path / named):
                entry.file(named)
        check_lists(document.message, entry.path, where, own)
    return document


def images_in(paths: Sequence[str | Path]) -> Iterator[Path]:
    """The given files, and all image files in the given folders, sorted by name."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
        else:
            yield path


_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})


def _channels(pixels: NDArray[np.uint8], channels: int) -> Image:
    """Convert pixels of height x width (x 3 RGB) to channels x height x width, BGR."""
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3} or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise DataError(
            f"pixels of {pixels.dtype}, shape {pixels.shape}; expected uint8, height x width (x 3)"
        )
    if pixels.ndim == 2:
        return np.repeat(pixels[None], channels, axis=0)
    if channels == 3:
        chw: Image = pixels[..., ::-1].transpose(2, 0, 1)
        return chw
    grey: Image = np.rint(pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[None]
    return grey
