"""The page of a tune; `tests/studio/api/test_tunes.py` has its numbers."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient


def test_a_plan_that_is_missing_or_no_plan(client: TestClient, root: Path) -> None:
    assert client.get("/tune?plan=missing.yaml").status_code == 404
    assert client.get("/tune?plan=../x.yaml").status_code == 403
    (root / "plan.yaml").write_text("solver: 3\n")
    answer = client.get("/tune?plan=plan.yaml")
    assert answer.status_code == 400
    assert "plan.yaml" in answer.text
