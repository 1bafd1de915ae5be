"""The page of the queue."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.jobs import Order
from layerzoo.studio.studio import Studio


def test_jobs_are_shown_by_what_they_do(client: TestClient, studio: Studio, root: Path) -> None:
    for title in ("waits", "halted", "over"):
        studio.queue.add(Order(["train"], str(root), title, resumable=True))
    studio.queue.pause("000002")
    studio.queue.stop("000003")
    page = client.get("/queue").text
    places = [page.index(f">{title}<") for title in ("waits", "halted", "over")]
    assert places == sorted(places)


def test_an_empty_queue_says_so(client: TestClient) -> None:
    page = client.get("/queue").text
    assert 'href="/train"' in page
