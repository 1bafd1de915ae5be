"""MobileNet v2, from the config that comes with Layerzoo."""

from __future__ import annotations

from layerzoo.loader import load_net
from layerzoo.projects.bodies import body_text
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template, template

_CONFIG = "configs/mobilenet_v2_train_val.yaml"


@template
class MobileNetV2(Template):
    """MobileNet v2 (Sandler et al. 2018), 2 million params, from random weights."""

    name = "mobilenet_v2"
    what = "MobileNet v2: 2 million params, quick at deployment"

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        return body_text(load_net(_CONFIG).message, outputs, _CONFIG, "One output for each class.")
