"""Transforms: pictures of what a ``transform_param`` does to a data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from layerzoo.loader import emit, parse_part
from layerzoo.schema import LayerParameter
from layerzoo.studio.api.data import data_path
from layerzoo.studio.datasets.controls import transform_text
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request


@dataclass
class Augment:
    """Which transforms to show.

    Attributes:
        path: the data set.
        values: values of controls, by name; see the page of transforms.
        transform: the text of a ``transform_param``, in their place.
        seed: of what is random.
        rows, columns: how many samples, and variants of each.
    """

    path: str
    values: dict[str, float] = field(default_factory=dict)
    transform: str | None = None
    seed: int = 0
    rows: int = 4
    columns: int = 5


@dataclass
class Augmented:
    """Transformed samples.

    Attributes:
        transform: the text of the ``transform_param``.
        prototxt, yaml: the ``transform_param`` as it stands in a layer.
        shape: the shape of a batch as the net is fed.
        samples: each with name, label, original and variants, pictures as data URIs.
    """

    transform: str
    prototxt: str
    yaml: str
    shape: list[int]
    samples: list[dict[str, Any]]


@service("POST", "/api/data/augment", body=Augment, answer=Augmented)
def augment(call: Request) -> Augmented:
    """Samples with transforms, as a net is fed."""
    wanted: Augment = call.body
    path = data_path(call, wanted.path)
    text = transform_text(wanted.values) if wanted.transform is None else wanted.transform
    request = {"transform": text, "seed": wanted.seed, "rows": wanted.rows, "columns": wanted.columns}
    layer = LayerParameter()
    parse_part(text, layer.transform_param, "transform_param")
    answer = call.studio.datasets.previews.answer(path, request)
    texts = (emit(layer, "prototxt"), emit(layer, "yaml"))
    return Augmented(text, *texts, answer["shape"], answer["samples"])
