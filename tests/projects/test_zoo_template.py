"""Fine-tuning an entry of the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError, ZooError
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.zoo_template import ZooTemplate
from tests.projects.built import built, shape_of


def test_entry_gives_body_weights_and_preprocessing(description: DataDescription) -> None:
    template = ZooTemplate("lenet-digits")
    assert shape_of(built(template.layers(description, 2, 28), {"data": (3, 1, 28, 28)}), "score") == (3, 2)
    assert Path(template.weights).name == "weights.safetensors"
    fields = template.transform(description, 28, train=True)
    assert fields["resize_param"] == {"height": 28, "width": 28}
    assert fields["scale"] == pytest.approx(1 / 255), "named sets are served between 0 and 1"
    assert fields["force_gray"] is True


def test_entry_that_takes_no_images_or_is_missing_is_refused() -> None:
    with pytest.raises(UsageError, match="this net takes no images"):
        ZooTemplate("char-lstm")
    with pytest.raises(ZooError, match="nowhere"):
        ZooTemplate("nowhere")
