"""The text of a project's net."""

from __future__ import annotations

from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION
from layerzoo.projects.choices import Choice
from layerzoo.projects.data_description import PARTS, DataDescription
from layerzoo.projects.looking import shuffles
from layerzoo.projects.template import SCORE, Template
from layerzoo.projects.yaml_text import Word, comment, layer, scalar

_STAGE = {"val": {"not_stage": "test"}, "test": {"stage": "test"}}
_NUMBERED = ("HDF5Data",)
"""Layers whose samples have no name but their number."""
_DIVIDED = (
    "The hash of each sample's name decides which part it is in, so new files move no other to another part.",
    "The hash of each row's number decides which part it is in; a file that is made anew with other rows is "
    "divided anew.",
)
_WHY = {
    "train": "What the net learns from: {count:,} samples.",
    "val": "What the best weights are chosen by: {count:,} samples, tested after each epoch.",
    "test": "What gives the score: {count:,} samples that have no part in any choice.",
}
_CHOOSES = (
    "What the best weights are chosen by, since there is no val, and what gives the score, which is a little "
    "too good therefore: {count:,} samples, tested after each epoch."
)


def net_text(
    name: str,
    description: DataDescription,
    model: Template,
    side: Choice | None,
    batch: Choice,
    balance: bool,
) -> str:
    """The net of a project, in YAML.

    Args:
        name: of the project.
        description: the data.
        model: the template.
        side: of the images; None if there are none.
        batch: samples in a batch.
        balance: whether all classes are read equally often.
    """
    text = comment(
        f"{name}: {model.what}, for {description.what}. Written by layerzoo new; edit it as you like."
    )
    text += "#   layerzoo train -solver solver.yaml\n#   layerzoo summary -model net.yaml\n"
    text += f"name: {scalar(name)}\nlayer:\n"
    if side is not None:
        text += comment(f"Images of {int(side)} x {int(side)} pixels: {side.why}.", "  ")
    text += comment(f"Batches of {int(batch)}: {batch.why}.", "  ")
    if description.shares is not None:
        text += comment(_DIVIDED[description.layer in _NUMBERED], "  ")
    for part in PARTS:
        if description.counts.get(part):
            text += _data(description, part, model, int(side or 0), int(batch), balance)
    for top, new in description.renamed.items():
        text += layer(new, "Split", top, new, f"The net calls '{top}' {new}.")
    text += model.layers(description, outputs_of(description), int(side or 0))
    return text if model.own_head else text + _head(description)


def outputs_of(description: DataDescription) -> int:
    """The number of outputs for each sample."""
    if description.task == CLASSIFICATION:
        return len(description.classes)
    label = description.shapes.get("label", ())
    return int(label[0]) if label else max(1, len(description.classes))


def _data(
    description: DataDescription, part: str, model: Template, side: int, batch: int, balance: bool
) -> str:
    count = description.counts[part]
    size = batch if part == "train" else min(count, 2 * batch)
    reading: dict[str, object] = {"split": Word(part.upper())}
    fields: dict[str, object] = {
        "include": _include(description, part),
        description.message: {**description.fields, "batch_size": size},
        "reading_param": reading,
    }
    why = (_WHY[part] if part != "test" or description.counts.get("val") else _CHOOSES).format(count=count)
    if description.shares is not None:
        val, test = description.shares
        reading |= {"val_share": val, "test_share": test}
    if part == "train" and not shuffles(description):
        reading["shuffle"] = True
        why += " They are read in a random order, since such sources are often sorted by class."
    if part == "train" and balance:
        reading["sampler"] = Word("BALANCED")
        why += (
            f" BALANCED: the rarest class is {description.imbalance:.0f} times rarer than the most frequent."
        )
    if description.images is not None and not description.images.fixed:
        fields["transform_param"] = transform = model.transform(description, side, part == "train")
        if part == "train" and transform != model.transform(description, side, False):
            why += (
                " Some fields of transform_param change images at random, so that none is seen twice alike."
            )
        elif part == "train" and description.task == REGRESSION:
            why += (
                " The images are not changed at random, which could make their numbers wrong; if it doesn't, "
                "add mirror, warp_param or color_jitter_param."
            )
    return layer("data", description.layer, None, list(description.tops), why, **fields)


def _include(description: DataDescription, part: str) -> dict[str, object]:
    """The rule of a part's layer: with val and test, the stage tells them apart."""
    if part == "train":
        return {"phase": Word("TRAIN")}
    both = description.counts.get("val") and description.counts.get("test")
    return {"phase": Word("TEST"), **(_STAGE[part] if both else {})}


def _head(description: DataDescription) -> str:
    """The loss and the scores of a net of one output per sample."""
    bottoms = [SCORE, "label"]
    if description.task == CLASSIFICATION:
        accuracy = layer("accuracy", "Accuracy", bottoms, "accuracy", include={"phase": Word("TEST")})
        return accuracy + layer("loss", "SoftmaxWithLoss", bottoms, "loss")
    if description.task == MULTI_LABEL:
        why = "Each label is a question of its own: yes or no."
        return layer("loss", "SigmoidCrossEntropyLoss", bottoms, "loss", why)
    why = "Half the mean squared distance."
    if description.layer == "CSVData":
        why += (
            f" Targets are normalised, so that {outputs_of(description) / 2:g} is as good as their mean; "
            "classify and evaluate give the numbers in the units of the table."
        )
    return layer("loss", "EuclideanLoss", bottoms, "loss", why)
