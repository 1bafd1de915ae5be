"""ResNet-18, from the config that comes with Layerzoo."""

from __future__ import annotations

from layerzoo.loader import load_net
from layerzoo.projects.bodies import body_text
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template, template

_CONFIG = "configs/resnet18_train_val.yaml"


@template
class ResNet18(Template):
    """ResNet-18 (He et al. 2015), 11 million params, from random weights."""

    name = "resnet18"
    what = "ResNet-18: 11 million params, for thousands of images"

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        return body_text(load_net(_CONFIG).message, outputs, _CONFIG, "One output for each class.")
