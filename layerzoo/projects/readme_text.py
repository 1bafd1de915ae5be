"""The text of a project's README."""

from __future__ import annotations

import shlex
from pathlib import Path

from layerzoo.projects.asked import CLASSIFICATION, DETECTION, MULTI_LABEL, REGRESSION, SEGMENTATION, SEQUENCE
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template

_APPLY = {DETECTION: "detect", SEGMENTATION: "segment"}


def readme_text(folder: Path, description: DataDescription, model: Template, data: str | Path) -> str:
    """The README of a project, in Markdown."""
    quoted, solver = shlex.quote(str(folder)), shlex.quote(str(folder / "solver.yaml"))
    lines = [
        f"# {folder.name}",
        "",
        f"Data: `{data}`, {description.what}. Task: {description.task}. Net: {model.what}.",
        "",
    ]
    lines += [f"- {line}" for line in summary_lines(description)]
    lines += ["", "```sh", f"layerzoo train -solver {solver}"]
    command = _APPLY.get(description.task, "classify")
    lines.append(f"layerzoo {command} -run {quoted} {description.new_sample}")
    judged = description.task in (CLASSIFICATION, MULTI_LABEL, REGRESSION, SEQUENCE)
    lines.append(f"layerzoo {'evaluate' if judged else 'test'} -run {quoted}")
    run = shlex.quote(str(folder / "runs" / f"{folder.name}.run"))
    lines += [
        f"layerzoo plot {run}",
        f"layerzoo zoo publish {run} -name {shlex.quote(folder.name)}",
        "```",
        "",
    ]
    above_all = ", above all of the classes that it takes for others" if description.classes else ""
    lines += [
        "`net.yaml` is the net with its data, `solver.yaml` how it is trained; each choice says why.",
        "",
        "If the result is not good enough:",
        "",
        f"- More data help most{above_all}.",
        "- The loss rises or jumps: a lower `base_lr`. It falls slowly to the end: more `max_epoch`.",
        "- The training loss is low and the test's is high: more augmentation, Dropout or `weight_decay`.",
        f"- `layerzoo train -solver {solver} -overfit 1 -set max_epoch=0 -set max_iter=300` tells whether "
        "the net can learn one batch.",
    ]
    if description.images is not None and not model.weights and description.task not in _APPLY:
        lines.append(
            "- Few images: `layerzoo new … -model zoo:NAME` starts from a net that was trained before."
        )
    return "\n".join(lines) + "\n"


def summary_lines(description: DataDescription) -> list[str]:
    """What was found, a line for each fact."""
    lines = [
        ", ".join(f"{part} {count:,}" for part, count in description.counts.items() if count) + " samples"
    ]
    if description.classes:
        shown = [f"{name} ({count:,})" for name, count in list(description.classes.items())[:10]]
        more = f" and {len(description.classes) - 10:,} more" if len(description.classes) > 10 else ""
        lines.append(f"{len(description.classes):,} classes: {', '.join(shown)}{more}")
    if description.images is not None:
        kind = "grey" if description.images.channels == 1 else "colour"
        about = "about " if description.images.several else ""
        lines.append(
            f"{kind} images of {about}{description.images.width} x {description.images.height} pixels"
        )
    return [*lines, *description.details]
