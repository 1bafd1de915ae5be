"""Writing nets to picture files."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.drawing import FORMATS, draw, render
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.graph import Graph


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_draw_selects_the_format_by_suffix(form: str, lenet: Graph, tmp_path: Path) -> None:
    target = tmp_path / f"net.{form.upper()}"
    draw(lenet, target)
    written, rendered = target.read_bytes(), render(lenet, form)
    assert written == (rendered if isinstance(rendered, bytes) else rendered.encode())


def test_draw_rejects_unknown_formats_and_missing_folders(lenet: Graph, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown picture format 'pdf'; expected one of svg, html, dot, png"):
        draw(lenet, "net.pdf")
    with pytest.raises(LayerzooError, match="can't be written"):
        draw(lenet, tmp_path / "no" / "net.svg")
