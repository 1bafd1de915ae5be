"""Fine-tune a net of the zoo: its body and weights, with a new last layer."""

from __future__ import annotations

from layerzoo.errors import UsageError
from layerzoo.projects.asked import REGRESSION
from layerzoo.projects.bodies import body_text
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template
from layerzoo.zoo import WEIGHTS, LocalZoo, entry_net
from layerzoo.zoo.entry import DEPLOY, Entry
from layerzoo.zoo.preprocessing import Preprocessing


class ZooTemplate(Template):
    """A net of the zoo that takes images.

    Args:
        address: ``name``, ``name@version`` or ``name@hash``.

    Raises:
        ZooError: there is no such entry, or it is damaged.
        UsageError: it takes no images.
    """

    name = "zoo"
    what = "a net of the zoo, fine-tuned"
    rate = 0.0005
    why = "the weights are good already: half of the usual rate; the new last layer learns ten times as fast"

    def __init__(self, address: str) -> None:
        self.entry: Entry = LocalZoo().get(address)
        facts = self.entry.manifest.get("preprocessing")
        if not facts or DEPLOY not in self.entry:
            raise UsageError(
                f"-model zoo:{address}: this net takes no images, so it can't be fine-tuned by them"
            )
        self.how = Preprocessing.parse(facts, self.entry.path)
        if self.how.order == "RGB":
            raise UsageError(
                f"-model zoo:{address}: this net takes images as RGB, which data layers don't give"
            )

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        why = "The new last layer: its name is new, so that the entry's weights are not loaded into it."
        return body_text(entry_net(self.entry, DEPLOY).message, outputs, self.entry.address, why, rate=10)

    def transform(self, description: DataDescription, side: int, train: bool) -> dict[str, object]:
        """The entry's preprocessing, as fields of ``transform_param``."""
        how = self.how
        height, width = how.size
        fields: dict[str, object] = {"resize_param": {"height": height, "width": width}}
        if how.channels == 1:
            fields["force_gray"] = True
        if how.crop_size:
            fields["crop_size"] = how.crop_size
        if train and how.channels == 3 and description.task != REGRESSION:
            fields["mirror"] = True
        if how.mean_file:
            fields["mean_file"] = str(self.entry.file(how.mean_file))
        elif how.mean_value:
            fields["mean_value"] = [value / how.value_scale for value in how.mean_value]
        return {**fields, "scale": how.scale * how.value_scale}

    @property
    def weights(self) -> str:
        """The entry's weights."""
        return str(self.entry.file(WEIGHTS))
