"""Write the card of an entry, ``README.md``: front matter with Hugging Face's keys, then a description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TEXT = "text"
SAMPLES = "samples"
"""What the manifest's field ``generates`` says: a net continues texts, or it computes samples from noise."""
_MAX_WIDTH = 110
_DETECTION = 7
"""Numbers of a detection: image, class, score, four sides."""


def card_text(name: str, facts: Mapping[str, Any]) -> str:
    """The text of a card, from the facts of the manifest."""
    results: Mapping[str, float] = facts.get("results", {})
    front = ["---", f"name: {name}", "library_name: layerzoo"]
    if "license" in facts:
        front.append(f"license: {_scalar(facts['license'])}")
    if tags := facts.get("tags"):
        front.append(f"tags: [{', '.join(map(_scalar, tags))}]")
    if dataset := facts.get("dataset"):
        front.append(f"datasets: [{_scalar(str(dataset).split()[0])}]")
    if results:
        front.append(f"metrics: [{', '.join(map(_scalar, results))}]")
        front += _model_index(name, str(facts.get("scored_by") or facts.get("dataset", "")), results)
    lines = [*front, "---", f"# {facts.get('title', name)}", ""]
    if description := facts.get("description"):
        lines += [description, ""]
    if results:
        scored = facts.get("scored_by") or facts.get("dataset")
        on = f" on {scored}" if scored else ""
        lines += [
            f"| result{on} | value |",
            "|---|---|",
            *(f"| {k} | {v:.6g} |" for k, v in results.items()),
            "",
        ]
    if chosen := facts.get("chosen_by"):
        lines += [f"The weights are those of iteration {facts.get('iteration')}, with the {chosen}.", ""]
    if net := facts.get("net"):
        shapes = [f"{side} {_blobs(net[side])}" for side in ("inputs", "outputs") if net.get(side)]
        lines += [f"{net.get('params', 0):,} params; {'; '.join(shapes)}.", ""]
    if preprocessing := facts.get("preprocessing"):
        lines += [f"Images are prepared so: {_prepared(preprocessing)}.", ""]
    if command := facts.get("command"):
        lines += ["Made by:", "", f"    {command}", ""]
    lines += ["Use it:", "", f"    layerzoo test -zoo {name}"]
    if facts.get("preprocessing"):
        lines.append(f"    layerzoo {_command(facts.get('net', {}))} -zoo {name} image.png")
    if facts.get("generates") == TEXT:
        lines.append(f'    layerzoo generate -zoo {name} -text "the beginning"')
    elif facts.get("generates"):
        lines.append(f"    layerzoo generate -zoo {name} -samples 64")
    lines += [f"    layerzoo train -solver solver.yaml -weights zoo:{name}", ""]
    return "\n".join(lines)


def _command(net: Mapping[str, Any]) -> str:
    """The command that applies a net to images, by the shapes of its outputs."""
    shapes = [shape for shape in net.get("outputs", {}).values() if len(shape) == 4]
    if any(shape[:2] == [1, 1] and shape[3] == _DETECTION for shape in shapes):
        return "detect"
    return "segment" if any(shape[1] > 1 and shape[2] * shape[3] > 1 for shape in shapes) else "classify"


def _model_index(name: str, dataset: str, results: Mapping[str, float]) -> list[str]:
    """Results in Hugging Face's format ``model-index``."""
    lines = ["model-index:", f"- name: {name}", "  results:", "  - task: {type: other}"]
    shown = _scalar(dataset or "unnamed")
    lines += [f"    dataset: {{type: {shown}, name: {shown}}}", "    metrics:"]
    return [
        *lines,
        *(f"    - {{type: {_scalar(key)}, value: {value:.6g}}}" for key, value in results.items()),
    ]


def _blobs(shapes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in shapes.items())


def _prepared(preprocessing: Mapping[str, Any]) -> str:
    height, width = preprocessing.get("size", (0, 0))
    parts = [
        f"{preprocessing.get('channels')} channels ({preprocessing.get('order')})",
        f"{height} x {width} pixels",
    ]
    parts += [
        f"{key} {value}" for key, value in preprocessing.items() if key not in {"channels", "order", "size"}
    ]
    return ", ".join(parts)


def _scalar(text: object) -> str:
    """Format a YAML scalar; a JSON string is valid YAML."""
    plain = str(text)
    safe = plain.replace("-", "").replace("_", "").replace(".", "").isalnum() and not plain[0].isdigit()
    return plain if safe else json.dumps(plain, ensure_ascii=False)
