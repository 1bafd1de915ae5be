"""Plan a project: what the data are, which net suits them, and the texts of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.projects.asked import (
    CLASSIFICATION,
    DETECTION,
    REGRESSION,
    SEGMENTATION,
    SEQUENCE,
    Asked,
)
from layerzoo.projects.choices import Choice, balanced, choose_batch, choose_epochs, choose_side, many
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.net_text import net_text
from layerzoo.projects.readme_text import readme_text
from layerzoo.projects.recogniser import recognise
from layerzoo.projects.solver_text import solver_text
from layerzoo.projects.template import Template, find_template
from layerzoo.projects.zoo_template import ZooTemplate


@dataclass(frozen=True)
class Project:
    """A project that can be written.

    Attributes:
        description: the data.
        model: the net in words.
        files: texts by the name of their file.
    """

    description: DataDescription
    model: str
    files: Mapping[str, str]


def plan_project(data: str | Path, asked: Asked, folder: str | Path, gpu: bool = False) -> Project:
    """Look at data, and plan a net, a solver and a README.

    Args:
        data: where the data are.
        asked: what the user asks for.
        folder: where the project will be written.
        gpu: whether it will be trained on a GPU.

    Raises:
        DataError: nothing is known of what lies there, or it can't be used.
        UsageError: the model doesn't suit the data.
        ZooError: the entry to fine-tune is missing or damaged.
    """
    description = recognise(Path(data), asked)
    model = _template(description, asked)
    _check_used(description, asked, model)
    folder = Path(folder).absolute()
    side = _side(description, asked, model)
    batch = choose_batch(description, asked, model.batch)
    epochs = choose_epochs(description, int(batch), asked)
    files = {
        "net.yaml": net_text(folder.name, description, model, side, batch, balanced(description)),
        "solver.yaml": solver_text(folder, description, model, batch, epochs, gpu),
        "README.md": readme_text(folder, description, model, data),
        **description.files,
    }
    return Project(description, model.what, files)


def _check_used(description: DataDescription, asked: Asked, model: Template) -> None:
    """Check that what was asked for has an effect.

    Raises:
        UsageError: it has none.
    """
    if asked.size and description.images is None:
        raise UsageError(f"-size {asked.size}: there are no images; leave it out")
    if asked.size and isinstance(model, ZooTemplate):
        raise UsageError(f"-size {asked.size}: {asked.model} takes images of its own size; leave it out")
    if asked.key and not asked.join:
        raise UsageError(f"-key {asked.key}: it joins two tables; name the second one: -join FILE")
    if asked.join and "join" not in description.fields:
        raise UsageError(
            f"-join {asked.join}: it joins tables, and the data are {description.what}; leave it out"
        )
    if asked.labels and not description.takes_labels:
        labels = ",".join(asked.labels)
        raise UsageError(
            f"-label {labels}: it names columns of a table, and the data are {description.what}; leave it out"
        )


def _side(description: DataDescription, asked: Asked, model: Template) -> Choice | None:
    if description.images is None:
        return None
    if not description.images.fixed:
        return choose_side(description.images, asked, model.most, model.multiple)
    side = min(description.images.height, description.images.width)
    if asked.size and asked.size != side:
        raise UsageError(
            f"-size {asked.size}: {description.layer} doesn't resize its images of {side} pixels"
        )
    return Choice(side, "as they are stored")


def _template(description: DataDescription, asked: Asked) -> Template:
    """The net to begin with: the one asked for, else the one that suits the data."""
    if asked.model.startswith("zoo:"):
        if description.task != CLASSIFICATION or description.images is None or description.images.fixed:
            raise UsageError(f"-model {asked.model}: nets of the zoo are fine-tuned to classify images")
        return ZooTemplate(asked.model.removeprefix("zoo:"))
    return find_template(asked.model or _default(description), description)


def _default(description: DataDescription) -> str:
    if description.models:
        return description.models[0]
    by_task = {DETECTION: "ssd", SEGMENTATION: "unet", SEQUENCE: "lstm"}
    if description.task in by_task:
        return by_task[description.task]
    if description.images is None:
        return "mlp"
    large = min(description.images.height, description.images.width) >= 96
    return "resnet18" if many(description) and large and description.task != REGRESSION else "lenet"
