"""The report of a migration, and the table of many, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from layerzoo.migration.formats import FORMATS, Outcome
from layerzoo.migration.result import Migration
from layerzoo.terminal_text import one_line
from layerzoo.version import __version__


def report(made: Migration) -> str:
    """The report of one migration, `REPORT.md`."""
    return "".join(f"{line}\n" for line in _lines(made))


def table(rows: Sequence[tuple[Path, Sequence[Outcome], str]]) -> str:
    """The table of many migrations.

    Args:
        rows: for each net its file, what became of each format, and why none was written.
    """
    formats = list(FORMATS)
    lines = [f"| net | {' | '.join(formats)} | why not |", "|---" * (len(formats) + 2) + "|"]
    for net, outcomes, why in rows:
        found = {outcome.format: outcome for outcome in outcomes}
        cells = [_cell(found.get(form)) for form in formats]
        reasons = [why] if why else [outcome.why for outcome in outcomes if outcome.why]
        lines.append(f"| {_plain(str(net))} | {' | '.join(cells)} | {_plain('; '.join(reasons))} |")
    lines.append("")
    for form in formats:
        done = sum(1 for _, outcomes, _ in rows for o in outcomes if o.format == form and o.files)
        lines.append(
            f"{form}: {done} of {len(rows)}" + (f" ({100 * done / len(rows):.1f} %)" if rows else "")
        )
    return "".join(f"{line}\n" for line in lines)


def _lines(made: Migration) -> Iterator[str]:
    yield f"# {_plain(made.name)}"
    yield ""
    origin = f" and `{_plain(made.weights.name)}`." if made.weights else ", **untrained**, without weights:"
    yield f"Migrated by Layerzoo {__version__} from `{_plain(made.net.name)}`{origin}"
    if not made.weights:
        yield f"{made.drawn} blobs without a filler were drawn, and the params of {made.fitted} layers fitted"
        yield "to the inputs, so that activations are about 1."
    yield f"{made.params:,} params. Inputs: {_blobs(made.inputs)}. Outputs: {_blobs(made.outputs)}."
    yield ""
    yield "## Formats"
    yield ""
    yield "Each file was read again and run on the same inputs as the original; the figure is the largest"
    yield "difference of an output, relative to the largest value of that output."
    yield ""
    yield "| format | files | agreement | for |"
    yield "|---|---|---|---|"
    for outcome in made.outcomes:
        files = ", ".join(f"`{name}`" for name in outcome.files) or "not written"
        about = FORMATS[outcome.format].about
        yield f"| {outcome.format} | {files} | {_cell(outcome)} | {about} |"
    yield ""
    yield f"`{made.name}.prototxt` is the net for deployment in today's format, `{made.name}.svg` a picture;"
    yield "`golden.safetensors` holds the inputs (`in/BLOB`) and outputs (`out/BLOB`) of the comparison."
    if failed := [outcome for outcome in made.outcomes if outcome.why]:
        yield from _section("What could not be done", (f"{o.format}: {o.why}" for o in failed))
    yield from _section("In OpenCV", made.opencv)
    yield from _section("What was upgraded", made.upgrades)
    yield from _section("Warnings", made.warnings)
    if made.loaded is not None:
        lines = str(made.loaded).replace(made.loaded.path, Path(made.loaded.path).name).splitlines()
        yield from _section("Weights", lines)
    yield from _facts(made.facts)


def _facts(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from _section(
        "Preprocessing", (f"{key}: {value}" for key, value in facts.get("preprocessing", {}).items())
    )
    labels = facts.get("labels") or []
    if labels:
        shown = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        yield from _section("Classes", [f"{len(labels)}, in `labels.txt`: {shown}"])


def _section(title: str, items: Iterator[str] | Sequence[str]) -> Iterator[str]:
    lines = [f"- {_plain(item)}" for item in items]
    if lines:
        yield from ("", f"## {title}", "", *lines)


def _cell(outcome: Outcome | None) -> str:
    if outcome is None or outcome.deviation is None:
        return "no" if outcome is not None else "-"
    return f"{outcome.deviation:.1g}"


def _blobs(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(
        f"`{_plain(name)}` {' x '.join(map(str, shape)) or 'scalar'}" for name, shape in shapes.items()
    )


def _plain(text: str) -> str:
    """One line without control characters, and without what would end a cell of a table."""
    return one_line(" ".join(text.split())).replace("|", "\\|")
