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
from layerzoo.projects.found import Found
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
        found: the data.
        model: the net in words.
        files: texts by the name of their file.
    """

    found: Found
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
    found = recognise(Path(data), asked)
    model = _template(found, asked)
    _check_used(found, asked, model)
    folder = Path(folder).absolute()
    side = _side(found, asked, model)
    batch = choose_batch(found, asked, model.batch)
    epochs = choose_epochs(found, int(batch), asked)
    files = {
        "net.yaml": net_text(folder.name, found, model, side, batch, balanced(found)),
        "solver.yaml": solver_text(folder, found, model, batch, epochs, gpu),
        "README.md": readme_text(folder, found, model, data),
        **found.files,
    }
    return Project(found, model.what, files)


def _check_used(found: Found, asked: Asked, model: Template) -> None:
    """Check that what was asked for has an effect.

    Raises:
        UsageError: it has none.
    """
    if asked.size and found.images is None:
        raise UsageError(f"-size {asked.size}: there are no images; leave it out")
    if asked.size and isinstance(model, ZooTemplate):
        raise UsageError(f"-size {asked.size}: {asked.model} takes images of its own size; leave it out")
    if asked.labels and not found.takes_labels:
        labels = ",".join(asked.labels)
        raise UsageError(
            f"-label {labels}: it names columns of a table, and the data are {found.what}; leave it out"
        )


def _side(found: Found, asked: Asked, model: Template) -> Choice | None:
    if found.images is None:
        return None
    if not found.images.fixed:
        return choose_side(found.images, asked, model.most, model.multiple)
    side = min(found.images.height, found.images.width)
    if asked.size and asked.size != side:
        raise UsageError(f"-size {asked.size}: {found.layer} doesn't resize its images of {side} pixels")
    return Choice(side, "as they are stored")


def _template(found: Found, asked: Asked) -> Template:
    """The net to begin with: the one asked for, else the one that suits the data."""
    if asked.model.startswith("zoo:"):
        if found.task != CLASSIFICATION or found.images is None or found.images.fixed:
            raise UsageError(f"-model {asked.model}: nets of the zoo are fine-tuned to classify images")
        return ZooTemplate(asked.model.removeprefix("zoo:"))
    return find_template(asked.model or _default(found), found)


def _default(found: Found) -> str:
    if found.models:
        return found.models[0]
    by_task = {DETECTION: "ssd", SEGMENTATION: "unet", SEQUENCE: "lstm"}
    if found.task in by_task:
        return by_task[found.task]
    if found.images is None:
        return "mlp"
    large = min(found.images.height, found.images.width) >= 96
    return "resnet18" if many(found) and large and found.task != REGRESSION else "lenet"
