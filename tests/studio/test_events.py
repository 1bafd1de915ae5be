"""Changes as they happen."""

from __future__ import annotations

import asyncio
import json
import threading

from layerzoo.studio.events import Events


async def taken(events: Events, count: int) -> list[str]:
    """The first lines of a stream, and what comes after changes of another thread."""
    stream = events.stream()
    found = [await anext(stream)]
    thread = threading.Thread(target=lambda: [events.publish(runs=[str(n)]) for n in range(count)])
    thread.start()
    for _ in range(count):
        found.append(await asyncio.wait_for(anext(stream), 10))
    thread.join()
    await stream.aclose()
    return found


def test_changes_reach_a_client_in_order() -> None:
    events = Events()
    first, *rest = asyncio.run(taken(events, 5))
    assert "event: hello" in first
    assert [json.loads(text.partition("data: ")[2])["runs"] for text in rest] == [[str(n)] for n in range(5)]
    assert events.clients == 0


def test_a_slow_client_is_told_to_load_all() -> None:
    async def slow() -> list[str]:
        events = Events()
        stream = events.stream()
        await anext(stream)
        for number in range(200):
            events.publish(runs=[str(number)])
        await asyncio.sleep(0)
        found = []
        while True:
            try:
                found.append(await asyncio.wait_for(anext(stream), 0.05))
            except TimeoutError:
                return found

    found = asyncio.run(slow())
    assert any("event: all" in text for text in found)
    assert len(found) < 100
    assert json.loads(found[-1].partition("data: ")[2])["runs"] == ["199"]


def test_version_is_other_after_a_change() -> None:
    events = Events()
    before = events.version
    events.publish()
    assert events.version == before
    events.publish(jobs=["1"])
    assert events.version != before
    assert Events().version != Events().version


def test_close_ends_streams() -> None:
    async def closed() -> int:
        events = Events()
        stream = events.stream()
        await anext(stream)
        events.close()
        return len([text async for text in stream])

    assert asyncio.run(closed()) == 0
