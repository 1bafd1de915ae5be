"""Lists of runs."""

from __future__ import annotations

from layerzoo.studio.index import Choice, Notes, Progress, Score, Summary


def run(name: str, **values: object) -> Summary:
    return Summary(name, f"/nets/{name}.run", name, **values)  # type: ignore[arg-type]


RUNS = [
    run("Alpha", state="done", score=Score("a", 0.9, 1), modified=3.0, net="LeNet", notes=Notes(["good"])),
    run("beta", state="running", score=Score("a", 0.5, 1), modified=1.0, progress=Progress(5, 10)),
    run("gamma", state="stopped", modified=2.0, notes=Notes(archived=True)),
    run("delta", state="done", score=Score("a", 0.7, 1), modified=0.0, loss=0.1, notes=Notes(title="Zeta")),
]


def names(**values: object) -> list[str]:
    return [one.name for one in Choice(**values).chosen(RUNS)]  # type: ignore[arg-type]


def test_the_latest_come_first() -> None:
    assert names() == ["Alpha", "beta", "delta"]


def test_order() -> None:
    assert names(sort="name", descending=False) == ["Alpha", "beta", "delta"]  # delta is called Zeta
    assert names(sort="score") == ["Alpha", "delta", "beta"]
    assert names(sort="state", descending=False) == ["beta", "Alpha", "delta"]
    assert names(sort="progress") == ["beta", "Alpha", "delta"]
    assert names(sort="loss", descending=False) == ["delta", "Alpha", "beta"]


def test_filters() -> None:
    assert names(state="done") == ["Alpha", "delta"]
    assert names(tag="good") == ["Alpha"]
    assert names(archived=True) == ["gamma"]
    assert names(search="lenet ALPHA") == ["Alpha"]
    assert names(search="zeta") == ["delta"]
    assert names(search="lenet beta") == []


def test_parts_of_a_list() -> None:
    choice = Choice(start=1, count=1)
    assert [one.name for one in choice.part(choice.chosen(RUNS))] == ["beta"]
    assert Choice(start=-5, count=0).part(RUNS) == RUNS[:1]
    assert Choice(start=100).part(RUNS) == []
