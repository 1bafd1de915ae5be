"""The text of a project's solver."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from layerzoo.projects.choices import Choice
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template
from layerzoo.projects.yaml_text import Word, comment, commented


def solver_text(
    folder: Path, description: DataDescription, model: Template, batch: Choice, epochs: Choice, gpu: bool
) -> str:
    """The solver of a project, in YAML.

    Args:
        folder: of the project.
        description: the data.
        model: the template.
        batch: samples in a batch.
        epochs: passes through the training data.
        gpu: whether it runs on a GPU.
    """
    an_epoch = ceil(description.counts["train"] / int(batch))
    text = comment(
        "Trains the net beside it. Each value can be changed here, or for one run: -set base_lr=0.0005"
    )
    text += f"#   layerzoo train -solver {folder / 'solver.yaml'}\n"
    text += commented("net", "net.yaml")
    if model.weights:
        text += commented("weights", model.weights, "Where training starts from.")
    text += commented("type", Word(model.rule))
    text += commented("base_lr", model.rate, f"{model.why}.")
    text += "momentum: 0.9\n" + ("momentum2: 0.999\n" if model.rule == "Adam" else "")
    text += comment("The rate falls to 0 at the end, in a straight line.") + "lr_policy: poly\npower: 1\n"
    text += commented("weight_decay", 0.0001, "Against learning the training data by heart.")
    text += commented("max_epoch", int(epochs), f"Passes through the training data: {epochs.why}.")
    why = "Tested after each epoch; the weights of the best test are kept in the run's folder, and published"
    text += commented("test_epoch", 1, f"{why}.")
    text += "test_initialization: false\n"
    if description.counts.get("test") and description.counts.get("val"):
        text += comment(
            "The first test net, val, chooses the best weights; the second, test, only scores them."
        )
        text += "test_state: [{}, {stage: test}]\n"
    for key, value, reason in model.solver:
        text += commented(key, value, reason)
    text += commented("display", max(1, min(100, an_epoch)), "Updates between two lines of the log.")
    prefix = folder / "runs" / folder.name
    text += commented("snapshot_prefix", str(prefix), "Where runs are written, from any working folder.")
    text += commented("random_seed", 1, "The same seed gives the same result; -1 draws one.")
    mode = "a GPU was found" if gpu else "no GPU was found; with one: GPU"
    return text + commented("solver_mode", Word("GPU" if gpu else "CPU"), f"{mode}.")
