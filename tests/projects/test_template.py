"""Templates of nets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerzoo.errors import UsageError
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import find_template, templates


def test_templates_are_found_by_name(description: DataDescription) -> None:
    assert {"lenet", "resnet18", "mobilenet_v2", "mlp", "unet", "lstm", "ssd"} <= set(templates())
    assert find_template("lenet", description).name == "lenet"


def test_template_that_does_not_suit_is_refused_with_those_that_do(description: DataDescription) -> None:
    with pytest.raises(
        UsageError, match="it is for segmentation, and the data are for classification; use lenet or"
    ):
        find_template("unet", description)
    rows = replace(description, images=None)
    with pytest.raises(UsageError, match=r"it takes images, and the data are for classification; use mlp$"):
        find_template("lenet", rows)
    with pytest.raises(UsageError, match=r"it doesn't suit photos; use bag_of_tokens$"):
        find_template("mlp", replace(rows, models=["bag_of_tokens"]))
    with pytest.raises(UsageError, match="no such model; did you mean 'resnet18'"):
        find_template("resnet", description)
    with pytest.raises(UsageError, match="no such model; known are"):
        find_template("qqqqqqqq", description)
