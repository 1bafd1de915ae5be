"""The data layer of a net with what it learned from its source: statistics, categories, a vocabulary.

A run, its snapshots and an entry of the zoo keep it, so that new samples can be read without the source.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from layerzoo.data.data_layer import DataLayer
from layerzoo.errors import DataError, LayerFault
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS, kind_of
from layerzoo.loader import emit, parse_net
from layerzoo.schema import TEST, LayerParameter, NetParameter

log = logging.getLogger("layerzoo")

MAX_TEXT: Final = 1 << 25
"""The most characters of the text of a fitted layer."""


def fitted_text(train: Graph, test: Graph | None = None) -> str:
    """The fitted data layer of a net as a config with this layer alone, in prototxt; empty if it has none.

    A source that can't be read gives none; whoever reads its samples reports that.

    Args:
        train: the net that trains, whose source decides.
        test: the net that tests, whose transforms new images get; None for ``train``.
    """
    layer = fitted_layer(train, test)
    if layer is None:
        return ""
    text = emit(NetParameter(name=train.name, layer=[layer]), "prototxt")
    if len(text) > MAX_TEXT:
        log.warning(
            "Layer '%s' learned so much of its data that the run doesn't keep it: more than %s characters",
            layer.name,
            f"{MAX_TEXT:,}",
        )
        return ""
    return text


def fitted_layer(train: Graph, test: Graph | None = None) -> LayerParameter | None:
    """The fitted data layer of a net; see `fitted_text`."""
    for layer in train.layers:
        kind = LAYERS[layer.kind.type_name]
        if not issubclass(kind, DataLayer):
            continue
        try:
            found = kind.fitted(layer.param)
        except (LayerFault, DataError, OSError):
            continue
        if found is None:
            continue
        tests = [one for one in (test or train).layers if one.kind.type_name == layer.kind.type_name]
        return _plain(found, tests[0].param if tests else layer.param)
    return None


def _plain(found: LayerParameter, tested: LayerParameter) -> LayerParameter:
    """A fitted layer without rules, and with the transforms of the layer that tests."""
    for field in ("include", "exclude", "reading_param", "transform_param", "loss_weight", "phase"):
        found.ClearField(field)
    if tested.HasField("transform_param"):
        found.transform_param.CopyFrom(tested.transform_param)
        if found.transform_param.mean_file:
            found.transform_param.mean_file = str(Path(found.transform_param.mean_file).absolute())
    found.phase = TEST
    return found


def checked_layer(net: NetParameter, where: str) -> LayerParameter:
    """The layer of a config that `fitted_text` wrote.

    Raises:
        DataError: it is another config.
    """
    kinds = [kind_of(layer) for layer in net.layer]
    if len(kinds) != 1 or kinds[0] is None or not issubclass(kinds[0], DataLayer) or not kinds[0].new_data:
        names = ", ".join(f"'{layer.type:.60}'" for layer in net.layer[:5]) or "none"
        raise DataError(f"{where}: expected one data layer that reads new samples; it has {names}")
    return net.layer[0]


def parsed_layer(text: str, where: str) -> LayerParameter:
    """The layer of a text that `fitted_text` gave.

    Raises:
        ConfigError: the text has faults.
        DataError: it is another config.
    """
    return checked_layer(parse_net(text, format="prototxt").message, where)
