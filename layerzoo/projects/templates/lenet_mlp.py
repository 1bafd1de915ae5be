"""LeNet for images, beside the columns of their table."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.templates.lenet import image_features
from layerzoo.projects.templates.mlp import column_features
from layerzoo.projects.yaml_text import layer


@template
class LeNetMLP(Template):
    """The features of LeNet, the numbers and the categories of a row, then a hidden layer over all."""

    name = "lenet_mlp"
    what = "LeNet for the images, joined with the numbers and categories of their rows"
    most = 64

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        text = image_features(side)
        columns, bottom = column_features(description, ("numbers",))
        text += columns
        text += layer(
            "joined", "Concat", ["ip1", bottom], "joined", "What the image shows, beside what its row says."
        )
        dense = {"num_output": 64, "weight_filler": {"type": "msra"}}
        text += layer("ip2", "InnerProduct", "joined", "ip2", inner_product_param=dense)
        text += layer("ip2_relu", "ReLU", "ip2", "ip2")
        text += layer("drop", "Dropout", "ip2", "ip2", dropout_param={"dropout_ratio": 0.2})
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", "ip2", SCORE, inner_product_param=last)
