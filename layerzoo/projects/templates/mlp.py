"""A multilayer perceptron, for numbers and categories."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.errors import DataError
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import layer


@template
class MLP(Template):
    """Two hidden layers; categories are looked up as learned vectors, beside the numbers."""

    name = "mlp"
    what = "a multilayer perceptron with two hidden layers"
    images = False
    most = 28
    batch = 64

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        text, bottom = column_features(description, ("data", "numbers"))
        for number, count in ((1, 128), (2, 64)):
            name = f"ip{number}"
            dense = {"num_output": count, "weight_filler": {"type": "msra"}}
            text += layer(name, "InnerProduct", bottom, name, inner_product_param=dense)
            text += layer(f"{name}_relu", "ReLU", name, name)
            text += layer(f"{name}_drop", "Dropout", name, name, dropout_param={"dropout_ratio": 0.1})
            bottom = name
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", bottom, SCORE, inner_product_param=last)


def column_features(description: DataDescription, names: Sequence[str]) -> tuple[str, str]:
    """The layers that join numbers and the learned vectors of categories, and the blob that they end with.

    Args:
        description: the data.
        names: blobs that hold numbers, if the data have them.

    Raises:
        DataError: there are neither.
    """
    text, parts = "", [top for top in _given(description) if top in names]
    if "categories" in description.tops:
        text += layer(
            "embed", "Embed", "categories", "embed",
            "Each category becomes a learned vector.",
            embed_param={"input_dim": description.shapes["input_dim"][0], "num_output": 8,
                         "bias_term": False, "weight_filler": {"type": "gaussian", "std": 0.3}},
        )  # fmt: skip
        text += layer("embed_flat", "Flatten", "embed", "embed_flat")
        parts.append("embed_flat")
    if not parts:
        raise DataError("no column of numbers or categories to learn from")
    bottom = parts[0]
    if len(parts) > 1:
        bottom = "features"
        text += layer("features", "Concat", parts, "features")
    return text, bottom


def _given(description: DataDescription) -> list[str]:
    """The blobs of numbers that the data layer gives."""
    return [top for top in ("data", "numbers") if top in (*description.tops, *description.renamed.values())]
