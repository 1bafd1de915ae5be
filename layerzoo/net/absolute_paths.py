"""Make the paths in a net absolute, so that the net reads its data from any working folder."""

from __future__ import annotations

from pathlib import Path

from layerzoo.layer import kind_of
from layerzoo.loader.files import PACKAGE
from layerzoo.net.wiring import Resolve, exists, path_resolver
from layerzoo.schema import LayerParameter, NetParameter, part_of


def with_absolute_paths(net: NetParameter, folder: Path | None) -> NetParameter:
    """A copy of a net whose layers name existing files and folders by absolute paths.

    Paths into the installed package stay as they are, since they are found from anywhere; so do paths that
    don't exist.

    Args:
        net: the net.
        folder: the folder of its config; None for the working folder.
    """
    absolute = NetParameter()
    absolute.CopyFrom(net)
    resolve = path_resolver(folder)
    for layer in absolute.layer:
        kind = kind_of(layer)
        for field in () if kind is None else kind.path_fields:
            _make_absolute(layer, field, resolve)
    return absolute


def _make_absolute(layer: LayerParameter, field: str, resolve: Resolve) -> None:
    first, *inner, name = field.split(".")
    message = part_of(layer, first)
    for part in inner:
        message = getattr(message, part) if message is not None and message.HasField(part) else None
    if message is None or not message.HasField(name):
        return
    value = getattr(message, name)
    if not isinstance(value, str) or not value or Path(value).is_absolute():
        return
    found = Path(resolve(value)).absolute()
    if exists(found) and not found.is_relative_to(PACKAGE / "configs"):
        setattr(message, name, f"{found}{'/' * value.endswith('/')}")  # root_folder is a prefix
