"""An LSTM, for texts: the next token, or the class of a line."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.projects.asked import CLASSIFICATION, SEQUENCE
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import Word, layer

_UNIFORM = {"type": "uniform", "min": -0.08, "max": 0.08}


@template
class TextLSTM(Template):
    """One LSTM over vectors that are learned for each token."""

    name = "lstm"
    what = "an LSTM over learned vectors of tokens"
    tasks: ClassVar[tuple[str, ...]] = (SEQUENCE,)
    images = False
    batch = 16
    rate = 0.004
    why = "0.004 suits a small LSTM with Adam; too high if the loss jumps"
    own_head = True
    solver = (("clip_gradients", 1, "Gradients through time can be large: their norm is limited."),)

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        tokens = int(description.shapes["input_dim"][0])
        embed = {"input_dim": tokens, "num_output": 48, "bias_term": False,
                 "weight_filler": {"type": "uniform", "min": -0.1, "max": 0.1}}  # fmt: skip
        text = layer(
            "embed", "Embed", "data", "embed", "Each token becomes a learned vector.", embed_param=embed
        )
        recurrent = {"num_output": 128, "weight_filler": _UNIFORM}
        text += layer("lstm", "LSTM", ["embed", "cont"], "lstm", recurrent_param=recurrent)
        text += layer("drop", "Dropout", "lstm", "drop", dropout_param={"dropout_ratio": 0.2})
        last = {"num_output": tokens, "axis": 2, "weight_filler": {"type": "xavier"}}
        text += layer(SCORE, "InnerProduct", "drop", SCORE, "A score for each token that may come next.",
                      inner_product_param=last)  # fmt: skip
        bottoms, test = [SCORE, "label"], {"phase": Word("TEST")}
        text += layer("accuracy", "Accuracy", bottoms, "accuracy", include=test, accuracy_param={"axis": 2})
        return text + layer("loss", "SoftmaxWithLoss", bottoms, "loss", softmax_param={"axis": 2})


@template
class LineEmbedding(Template):
    """The mean of the learned vectors of a line's tokens, then two layers."""

    name = "bag_of_tokens"
    what = "the mean of learned vectors of tokens, then two layers"
    tasks: ClassVar[tuple[str, ...]] = (CLASSIFICATION,)
    images = False
    batch = 32
    rate = 0.003
    why = "0.003 suits Adam with a shallow net; too high if the loss rises"

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        embed = {"input_dim": int(description.shapes["input_dim"][0]), "num_output": 32, "bias_term": False,
                 "weight_filler": {"type": "gaussian", "std": 0.1}}  # fmt: skip
        why = "Each token becomes a learned vector, whatever its place."
        text = layer("embed", "Embed", "data", "embed", why, embed_param=embed)
        text += layer("by_token", "Permute", "embed", "by_token", permute_param={"order": [0, 2, 1]})
        mean = {"operation": Word("MEAN"), "axis": 2}
        text += layer(
            "mean", "Reduction", "by_token", "mean", "The mean over the line.", reduction_param=mean
        )
        dense = {"num_output": 64, "weight_filler": {"type": "msra"}}
        text += layer("ip1", "InnerProduct", "mean", "ip1", inner_product_param=dense)
        text += layer("ip1_relu", "ReLU", "ip1", "ip1")
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", "ip1", SCORE, inner_product_param=last)
