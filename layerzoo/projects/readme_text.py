"""The text of a project's README."""

from __future__ import annotations

import shlex
from pathlib import Path

from layerzoo.projects.asked import CLASSIFICATION, DETECTION, REGRESSION, SEGMENTATION
from layerzoo.projects.found import Found
from layerzoo.projects.template import Template

_APPLY = {DETECTION: "detect", SEGMENTATION: "segment"}


def readme_text(folder: Path, found: Found, model: Template, data: str | Path) -> str:
    """The README of a project, in Markdown."""
    quoted, solver = shlex.quote(str(folder)), shlex.quote(str(folder / "solver.yaml"))
    lines = [
        f"# {folder.name}",
        "",
        f"Data: `{data}`, {found.what}. Task: {found.task}. Net: {model.what}.",
        "",
    ]
    lines += [f"- {line}" for line in summary_lines(found)]
    lines += ["", "```sh", f"layerzoo train -solver {solver}"]
    if found.images is not None:
        lines.append(f"layerzoo {_APPLY.get(found.task, 'classify')} -run {quoted} image.jpg")
    judged = found.task in (CLASSIFICATION, REGRESSION)
    lines.append(f"layerzoo {'evaluate' if judged else 'test'} -run {quoted}")
    run = shlex.quote(str(folder / "runs" / f"{folder.name}.run"))
    lines += [
        f"layerzoo plot {run}",
        f"layerzoo zoo publish {run} -name {shlex.quote(folder.name)}",
        "```",
        "",
    ]
    above_all = ", above all of the classes that it takes for others" if found.classes else ""
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
    if found.images is not None and not model.weights and found.task not in _APPLY:
        lines.append(
            "- Few images: `layerzoo new … -model zoo:NAME` starts from a net that was trained before."
        )
    return "\n".join(lines) + "\n"


def summary_lines(found: Found) -> list[str]:
    """What was found, a line for each fact."""
    lines = [", ".join(f"{part} {count:,}" for part, count in found.counts.items() if count) + " samples"]
    if found.classes:
        shown = [f"{name} ({count:,})" for name, count in list(found.classes.items())[:10]]
        more = f" and {len(found.classes) - 10:,} more" if len(found.classes) > 10 else ""
        lines.append(f"{len(found.classes):,} classes: {', '.join(shown)}{more}")
    if found.images is not None:
        kind = "grey" if found.images.channels == 1 else "colour"
        about = "about " if found.images.several else ""
        lines.append(f"{kind} images of {about}{found.images.width} x {found.images.height} pixels")
    return [*lines, *found.details]
