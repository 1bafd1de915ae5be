"""The text of a project's net."""

from __future__ import annotations

from dataclasses import replace

import yaml

from layerzoo.projects.asked import MULTI_LABEL, REGRESSION
from layerzoo.projects.choices import Choice
from layerzoo.projects.data_description import DataDescription, Images
from layerzoo.projects.net_text import net_text, outputs_of
from layerzoo.projects.template import find_template
from layerzoo.projects.yaml_text import Word


def text_of(description: DataDescription, balance: bool = False) -> str:
    return net_text(
        "pets", description, find_template("lenet", description), Choice(28, "why"), Choice(8, "why"), balance
    )


def test_three_parts_are_read_by_phase_and_stage(description: DataDescription) -> None:
    layers = yaml.safe_load(text_of(description))["layer"]
    assert [layer["reading_param"]["split"] for layer in layers[:3]] == ["TRAIN", "VAL", "TEST"]
    assert [layer["include"] for layer in layers[:3]] == [
        {"phase": "TRAIN"}, {"phase": "TEST", "not_stage": "test"}, {"phase": "TEST", "stage": "test"},
    ]  # fmt: skip
    assert [layer["folder_data_param"]["batch_size"] for layer in layers[:3]] == [8, 16, 16]
    assert layers[-1]["type"] == "SoftmaxWithLoss"


def test_parts_of_a_divided_source_are_read_by_name(description: DataDescription) -> None:
    layers = yaml.safe_load(text_of(replace(description, shares=None)))["layer"]
    assert [layer["reading_param"] for layer in layers[:3]] == [
        {"split": "TRAIN"}, {"split": "VAL"}, {"split": "TEST"},
    ]  # fmt: skip
    assert "hash" not in text_of(replace(description, shares=None))


def test_one_test_part_is_that_of_every_use(description: DataDescription) -> None:
    for part, why in (("val", "best weights are chosen by"), ("test", "since there is no val")):
        text = text_of(replace(description, counts={"train": 80, part: 20}))
        assert yaml.safe_load(text)["layer"][1]["include"] == {"phase": "TEST"}, "classify knows no stage"
        assert why in text


def test_random_changes_are_named_where_there_are_some(description: DataDescription) -> None:
    assert "at random" in text_of(description)
    grey = text_of(replace(description, images=Images(28, 28, 1)))
    assert "warp_param" in grey
    assert "at random" in grey
    fixed = text_of(replace(description, layer="Data", fields={}, images=Images(28, 28, 1, fixed=True)))
    assert "change images at random" not in fixed


def test_rare_classes_are_read_as_often(description: DataDescription) -> None:
    text = text_of(description, balance=True)
    layers = yaml.safe_load(text)["layer"]
    assert "shuffle" not in layers[0]["reading_param"], "FolderData shuffles by itself"
    assert [layer["reading_param"].get("sampler") for layer in layers[:3]] == ["BALANCED", None, None]
    assert "3 times rarer" in " ".join(text.split())


def test_each_choice_says_why(description: DataDescription) -> None:
    text = text_of(description)
    for reason in (
        "Images of 28 x 28 pixels: why.",
        "Batches of 8: why.",
        "80 samples",
        "The hash of each sample",
    ):
        assert reason in text


def test_task_decides_the_loss_and_the_outputs(description: DataDescription) -> None:
    labels = replace(description, task=MULTI_LABEL, classes={}, shapes={"label": (4,)})
    assert outputs_of(description) == 2
    assert outputs_of(labels) == 4
    assert "SigmoidCrossEntropyLoss" in text_of(labels)
    assert "EuclideanLoss" in text_of(replace(labels, task=REGRESSION))


def test_loss_of_numbers_says_what_it_is_for_their_mean(description: DataDescription) -> None:
    table = replace(
        description, task=REGRESSION, classes={}, shapes={"label": (3,)}, layer="CSVData",
        fields={"source": "t.csv"},
    )  # fmt: skip
    text = " ".join(text_of(table).replace("#", "").split())
    assert "so that 1.5 is as good as their mean" in text
    assert "not changed at random" in text
    assert "mirror" not in yaml.safe_load(text_of(table))["layer"][0]["transform_param"]


def test_tops_of_other_names_are_renamed(description: DataDescription) -> None:
    renamed = replace(description, tops=["x", "y"], images=Images(28, 28, 1, fixed=True))
    layers = yaml.safe_load(text_of(renamed))["layer"]
    assert layers[3] == {"name": "data", "type": "Split", "bottom": "x", "top": "data"}
    assert "transform_param" not in layers[0]


def test_sources_that_keep_their_order_are_shuffled_for_training(description: DataDescription) -> None:
    for kind, fields in (
        ("Data", {"source": "db", "backend": Word("LMDB")}),
        ("HDF5Data", {"source": "data.h5"}),
    ):
        sorted_source = replace(description, layer=kind, fields=fields)
        layers = yaml.safe_load(text_of(sorted_source))["layer"]
        assert [layer["reading_param"].get("shuffle") for layer in layers[:3]] == [True, None, None]


def test_division_is_said_to_follow_names_where_samples_have_them(description: DataDescription) -> None:
    named = text_of(description)
    numbered = text_of(replace(description, layer="HDF5Data", fields={"source": "a.h5"}))
    assert ("sample's name" in named, "row's number" in named) == (True, False)
    assert ("sample's name" in numbered, "row's number" in numbered) == (False, True)
