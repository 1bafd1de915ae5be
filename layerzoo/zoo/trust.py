"""Check untrusted nets: file access, memory, and weights."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

import torch
from google.protobuf.message import Message

from layerzoo.blobs.named import blob_name, by_id, find_layer, layer_ids
from layerzoo.data.listed_files import read_lines, without_labels
from layerzoo.errors import DataError, ZooError
from layerzoo.graph import Graph, GraphParam
from layerzoo.layer import kind_of
from layerzoo.memory.device import available_memory
from layerzoo.nodes import Node
from layerzoo.schema import LayerParameter, NetParameter, part_of
from layerzoo.weights import StoredWeights

MEMORY_SHARE: Final = 0.8
"""Share of the machine's memory that blobs and params of a zoo net can take."""

PATH_FIELDS: Final = frozenset(
    {
        "source",
        "mean_file",
        "root_folder",
        "file_name",
        "meanfile",
        "label_map_file",
        "name_size_file",
        "output_directory",
        "output_name_prefix",
        "save_file",
        "softmax_tree",
        "class_map",
        "video_file",
        "name_pattern",
        "join",
        "fitted_on",
        "vocabulary",
        "image_folder",
        "mask_folder",
        "class_file",
        "image_set",
    }
)
"""Fields that hold paths."""
_FLOAT_BYTES: Final = 4


def check_net(message: NetParameter, where: str, own: Collection[str] = (), root: Node | None = None) -> None:
    """Check the file access of an untrusted net before it is built.

    Paths have to lie below the entry's folder or the working folder (data sets of the user). Layers that
    write files are refused.

    Args:
        message: the net.
        where: name of the net in error messages.
        own: paths set by the user, which are not checked.
        root: the nodes that the message was bound from, for line numbers.

    Raises:
        ZooError: the net has an unsafe path, or writes files.
    """
    nodes = root.all("layer") if root is not None else []
    for index, layer in enumerate(message.layer):
        kind = kind_of(layer)
        if kind is not None and kind.writes(layer):
            raise ZooError(
                f"{where}: layer '{layer.name}' ({layer.type}) writes files; nets of the zoo must not"
            )
        for path in _paths_of(layer):
            if path not in own and not stays_inside(path):
                line = _line_of(nodes[index], path) if index < len(nodes) else 0
                raise ZooError(
                    f"{where}: layer '{layer.name}' ({layer.type}) names '{path}'"
                    f"{f' in line {line}' if line else ''}, outside of the entry's folder; "
                    f"to allow this path: -set net.layer[{layer.name}].…=PATH"
                )


def _line_of(node: Node, path: str) -> int:
    """Number of the line at which a layer's node has a path as a value; 0 if it is not found."""
    for child in node.children or ():
        if child.text is not None:
            line = child.value_origin.source.position(child.value_origin.offset).line
            found = line if path in child.text else 0
        else:
            found = _line_of(child, path)
        if found:
            return found
    return 0


def check_lists(message: NetParameter, folder: Path, where: str, own: Collection[str] = ()) -> None:
    """Check the lists of files in an untrusted folder that a net names; lists elsewhere are the user's.

    Args:
        message: the net, whose own paths `check_net` has checked.
        folder: the folder of the net.
        where: name of the net in error messages.
        own: paths set by the user, which are not checked.

    Raises:
        ZooError: a list can't be read, or names a file outside of the folder.
    """
    for layer in message.layer:
        kind = kind_of(layer)
        for field in () if kind is None else kind.table_fields:
            name = getattr(part_of(layer, field.partition(".")[0]), field.partition(".")[2], "")
            if name and name not in own and os.path.lexists(folder / name):
                raise ZooError(
                    f"{where}: layer '{layer.name}' ({layer.type}) reads '{name:.200}' of the entry, "
                    "which can name files anywhere; to allow it: "
                    f"-set net.layer[{layer.name}].{field}=PATH"
                )
        field = "" if kind is None else kind.list_field
        part = part_of(layer, field.partition(".")[0]) if field else None
        source = getattr(part, field.partition(".")[2], "")
        if not source or source in own or not os.path.lexists(folder / source):
            continue
        for number, name in _listed(folder / source, getattr(part, "root_folder", ""), where):
            if not stays_inside(name):
                raise ZooError(
                    f"{where}: layer '{layer.name}' ({layer.type}): line {number} of '{source}' names "
                    f"'{name:.200}', outside of the entry's folder"
                )


def _listed(path: Path, root: str, where: str) -> Iterator[tuple[int, str]]:
    """Each text in a list that a layer can take for the name of a file, with the number of its line."""
    try:
        for number, line in enumerate(read_lines(path), 1):
            for name in (line.strip(), *line.rsplit(maxsplit=1)[:1], without_labels(line), *line.split()):
                yield number, name
                yield number, f"{root}{name}"
    except DataError as error:
        raise ZooError(f"{where}: {error}") from None
    except OSError as error:
        raise ZooError(f"{where}: '{path.name}' can't be read: {error.strerror or error}") from None


def check_memory(graph: Graph, where: str, limit: int | None = None) -> None:
    """Check that a net fits into memory, computed from its shapes before it is built.

    Raises:
        ZooError: the net is too large.
    """
    limit = _memory() if limit is None else limit
    needed = sum(blob.count for blob in graph.blobs) + sum(param.count for param in graph.params)
    if needed * _FLOAT_BYTES > limit:
        raise ZooError(
            f"{where}: the net needs {needed * _FLOAT_BYTES / 1e9:,.1f} GB of memory, more than the "
            f"limit of {limit / 1e9:,.1f} GB on this machine"
        )


def check_weights(graph: Graph, stored: StoredWeights, where: str) -> None:
    """Check that a weights file has each param of a net in its size, before the params are allocated.

    Raises:
        ZooError: a param is missing, or its size differs.
    """
    holding = [layer for layer in graph.layers if layer.params]
    ids = layer_ids(layer.config_name for layer in holding)
    numbered = {layer.index: layer_id for layer, layer_id in zip(holding, ids, strict=True)}
    layers = by_id(stored)
    for param in graph.params:
        names = [(graph.layers[layer].name, index) for layer, index in param.users]
        blobs = {}
        for (layer, index), (name, _) in zip(param.users, names, strict=True):
            paths = [own.path for own in graph.layers[layer].own]
            found = find_layer(layers, numbered[layer].inside(paths[index]), name)
            place = paths[:index].count(paths[index])
            blobs[name, index] = found.find(place, _blob_name(param, place))
        if not any(blobs.values()):
            name, index = names[0]
            blob_called = _blob_name(param, index)
            raise ZooError(f"{where}: weights are missing for blob {blob_called} of layer '{name}'")
        for (name, index), blob in blobs.items():
            if blob is not None and prod(blob.shape) != param.count:
                raise ZooError(
                    f"{where}: the weights of layer '{name}', blob {_blob_name(param, index)}, "
                    f"have shape {blob.shape}; the net expects {param.own.shape}"
                )


def _blob_name(param: GraphParam, index: int) -> str:
    return blob_name(index, param.own.name if param.own.made else None)


def stays_inside(path: str) -> bool:
    """Whether a path stays below its base folder on every operating system."""
    windows = PureWindowsPath(path)
    pure = PurePosixPath(path)
    return "\0" not in path and not (
        pure.is_absolute() or windows.drive or windows.root or ".." in (*pure.parts, *windows.parts)
    )


def paths_in(message: NetParameter) -> set[str]:
    """All paths in a net."""
    return {path for layer in message.layer for path in _paths_of(layer)}


def _paths_of(layer: LayerParameter) -> Iterator[str]:
    """All paths in a layer: those of the schema, and those that a user's class declares."""
    yield from _paths(layer)
    kind = kind_of(layer)
    for field in () if kind is None else kind.path_fields:
        name, _, rest = field.partition(".")
        value = getattr(part_of(layer, name), rest, "")
        if isinstance(value, str) and value:
            yield value


def _paths(message: Message) -> Iterator[str]:
    """All paths in a message and its submessages."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for one in [value] if isinstance(value, Message) else value:
                yield from _paths(one)
        elif descriptor.name in PATH_FIELDS:
            yield from [value] if isinstance(value, str) else value


def _memory() -> int:
    """The share of the machine's memory, or what is available if that is less."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    available = available_memory(torch.device("cpu"))
    return min(int(whole * MEMORY_SHARE), whole if available is None else available)
