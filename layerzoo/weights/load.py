"""Load weights from a file by layer name, and report which blobs were loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch

from layerzoo.blobs.named import by_id, find_layer, id_of, names_of, stored_name
from layerzoo.blobs.rows import copy_values
from layerzoo.blobs.stored import Shape, StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.graph.config_blobs import fits
from layerzoo.weights.files import open_weights
from layerzoo.weights.params import Params

_SHOWN = 20


class Misfit(NamedTuple):
    """A blob whose shape in the file differs from its shape in the net.

    Attributes:
        blob: its name in native files: ``<layer>/<index>``, or ``<layer>/<name>`` of a submodule.
        stored: its shape in the file.
        wanted: its shape in the net.
    """

    blob: str
    stored: Shape
    wanted: Shape

    def __str__(self) -> str:
        return f"{self.blob}: {_shown(self.stored)} in the file, {_shown(self.wanted)} in the net"


@dataclass
class LoadReport:
    """Result of loading a file. Blobs are named as in native files: ``<layer>/<index>``, ``<layer>/<name>``.

    Attributes:
        path: the file.
        loaded: blobs that were copied, including the reshaped ones.
        reshaped: copied although the shapes differ in axes of size 1, as the four axes of old files do.
        skipped: in the file but not in the net.
        missing: in the net but not in the file.
        mismatched: in both with different shapes; not copied.
    """

    path: str
    loaded: list[str] = field(default_factory=list)
    reshaped: list[Misfit] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mismatched: list[Misfit] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every blob of the file was copied and every blob of the net was loaded."""
        return not (self.skipped or self.missing or self.mismatched)

    def in_full(self) -> str:
        """The text with the layers: those that were loaded, and those whose blobs are left as they were."""
        if self.complete:
            return f"{self}, every blob of the file and of the net"
        left = [*self.missing, *(misfit.blob for misfit in self.mismatched)]
        loaded, left = _layers(self.loaded), _layers(left)
        lines = [f"  loaded: layers {', '.join(loaded)}"] if loaded else []
        lines += [f"  left unchanged (fillers, or another file): layers {', '.join(left)}"] if left else []
        return "\n".join([str(self), *lines])

    def __str__(self) -> str:
        counts = [f"{len(self.loaded)} blobs loaded"]
        lines = []
        for name in ("reshaped", "skipped", "missing", "mismatched"):
            blobs = getattr(self, name)
            if blobs:
                counts.append(f"{len(blobs)} {name}")
                lines += _listed(name, map(str, blobs), len(blobs))
        return "\n".join([f"{self.path}: {', '.join(counts)}", *lines])


def load(params: Params, path: str | Path, strict: bool = False, lenient: bool = False) -> LoadReport:
    """Copy the blobs of a file into the blobs of a net in place, by layer name.

    Layers of one name are matched in order: the first in the file with the first in the net, and so on.

    A blob whose shape differs from the net's in axes of size 1 (`fits`) is reshaped. Blobs of another shape,
    and those that only the file or only the net has, are left unchanged and reported. A blob that several
    layers share is not missing if it was loaded for one of them.

    Args:
        params: the net's blobs by layer name, ``net.weights``; any device and dtype.
        path: a ``.caffemodel`` of any age, ``.h5`` or ``.safetensors``; the content decides.
        strict: skipped, missing and mismatched blobs are an error; nothing is copied then.
        lenient: accept a file of which no blob fits.

    Raises:
        WeightsError: the file can't be read; no blob of it fits; or it is not an exact fit (``strict``).
    """
    report = LoadReport(str(path))
    with open_weights(path) as stored:
        copies: list[tuple[torch.Tensor, StoredBlob]] = []
        absent: list[tuple[str, torch.Tensor]] = []
        used: set[int] = set()
        layers = by_id(stored)
        for key, targets in params.items():
            layer = id_of(key, targets)
            sources = find_layer(layers, layer, key)
            for index, (own, target) in enumerate(zip(names_of(targets), targets, strict=True)):
                name = stored_name(layer, own)
                source = sources.find(index, own)
                used.add(id(source))
                if source is None:
                    absent.append((name, target))
                    continue
                misfit = Misfit(name, source.shape, tuple(target.shape))
                if not fits(misfit.stored, misfit.wanted):
                    report.mismatched.append(misfit)
                    continue
                if misfit.stored != misfit.wanted:
                    report.reshaped.append(misfit)
                report.loaded.append(name)
                copies.append((target, source))
        report.skipped += [
            stored_name(layer, name)
            for layer, blobs in layers.items()
            for name, blob in zip(blobs.names, blobs, strict=True)
            if blob is not None and id(blob) not in used
        ]
        loaded = {_memory(target) for target, _ in copies}
        report.missing += [name for name, target in absent if _memory(target) not in loaded]
        if strict and not report.complete:
            raise WeightsError(f"the weights don't fit the net, and nothing was loaded\n{report}")
        if not copies and any(params.values()) and not lenient:
            hint = "name the weights of this net; -lenient goes on without them"
            raise WeightsError(f"no blob of the weights fits the net\n{report}\n{hint}")
        for target, source in copies:
            copy_values(target, source.tensor())
    return report


def _memory(tensor: torch.Tensor) -> int:
    """Identity of a blob's memory; layers can hold a shared param in different shapes."""
    return tensor.data_ptr() or id(tensor)


def _layers(blobs: Iterable[str]) -> list[str]:
    """The layers of blobs, in order."""
    return list(dict.fromkeys(blob.rpartition("/")[0] for blob in blobs))


def _shown(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "one value"


def _listed(title: str, items: Iterable[str], count: int) -> list[str]:
    lines = [f"  {title} {item}" for item, _ in zip(items, range(_SHOWN), strict=False)]
    return [*lines, f"  {title} {count - _SHOWN} more"] if count > _SHOWN else lines
