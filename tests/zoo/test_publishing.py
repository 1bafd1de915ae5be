"""Publishing a run."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.snapshot import read_snapshot, write_snapshot
from layerzoo.zoo import Entry, LocalZoo, publish, publish_run, publishing


def test_published_run_becomes_a_complete_entry(entry: Entry, run: Path) -> None:
    assert entry.address == "tiny@1"
    assert set(entry.files) == {
        "README.md",
        "deploy.prototxt",
        "golden.safetensors",
        "labels.txt",
        "metrics.jsonl",
        "net.prototxt",
        "solver.prototxt",
        "weights.safetensors",
    }
    entry.verify()
    weights = run / "iter_7" / "weights.safetensors"
    assert entry.file("weights.safetensors").read_bytes() == weights.read_bytes()
    facts = entry.manifest
    assert facts["results"] == {"accuracy": 0.75, "loss": 1.5}
    assert facts["dataset"] == "digits (test)"
    assert facts["iteration"] == 7
    assert facts["net"]["params"] == 650
    assert facts["net"]["inputs"] == {"data": [1, 1, 8, 8]}
    assert facts["net"]["outputs"] == {"prob": [1, 10]}
    assert facts["preprocessing"] == {"channels": 1, "order": "GREY", "size": [8, 8], "value_scale": 1 / 255}


def test_card_has_front_matter_results_and_usage(entry: Entry) -> None:
    card = entry.file("README.md").read_text("utf-8")
    front, _, words = card.removeprefix("---\n").partition("---\n")
    assert "library_name: layerzoo\nlicense: BSD-2-Clause\n" in front
    assert "datasets: [digits]\nmetrics: [accuracy, loss]\n" in front
    assert words.startswith("# Tiny\n")
    assert "| accuracy | 0.75 |" in words
    assert "650 params; inputs data 1 x 1 x 8 x 8; outputs prob 1 x 10." in words
    assert "    layerzoo classify -zoo tiny image.png" in words


def test_results_are_those_of_the_published_weights(run: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    copy = tmp_path / "other.run"
    copy.mkdir()
    for file in ("net.prototxt", "solver.prototxt"):
        (copy / file).write_bytes((run / file).read_bytes())
    (copy / "metrics.jsonl").write_text('{"iteration": 5, "phase": "TEST", "outputs": {"accuracy": [0.5]}}\n')
    (run / "iter_7").rename(copy / "iter_7")
    try:
        assert "results" not in publish_run(copy, "tiny", zoo).manifest
    finally:
        (copy / "iter_7").rename(run / "iter_7")


def test_publish_of_a_run_that_goes_on_takes_complete_files(
    run: Path, zoo: LocalZoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "other.run"
    shutil.copytree(run, copy)
    line = '{"iteration": 7, "phase": "TEST", "outputs": {"accuracy": [0.5]}}'
    (copy / "metrics.jsonl").write_text(f'{line}\n{{"iteration": 8, "pha')
    (copy / "iter_7").rename(tmp_path / "iter_7")
    for iteration in (7, 8):
        write_snapshot(copy, replace(read_snapshot(tmp_path / "iter_7"), iteration=iteration))
    plain = publishing.open_regular

    def pruned(source: Path) -> BufferedReader:
        if "iter_8" in str(source):
            shutil.rmtree(copy / "iter_8")
        return plain(source)

    monkeypatch.setattr(publishing, "open_regular", pruned)
    made = publish_run(copy, "tiny", zoo)
    assert made.manifest["iteration"] == 7
    assert made.manifest["results"] == {"accuracy": 0.5}
    assert made.file("metrics.jsonl").read_text() == f"{line}\n"
    assert "deploy.prototxt" in made
    (copy / "metrics.jsonl").write_text(line)
    (copy / "iter_7").rename(copy / ".iter_7.replaced")  # killed while it was replaced
    assert publish_run(copy, "tiny", zoo).file("metrics.jsonl").read_text() == line


def test_publish_adds_a_new_version_each_time(entry: Entry, run: Path, zoo: LocalZoo) -> None:
    again = publish_run(run, "tiny", zoo)
    assert again.address == "tiny@2"
    assert zoo.get("tiny").version == 2
    assert zoo.get("tiny@1").id == entry.id
    same = entry.file("weights.safetensors"), again.file("weights.safetensors")
    assert same[0].samefile(same[1]), "equal files share one blob"


def test_concurrent_publishers_get_a_version_each(zoo: LocalZoo) -> None:
    def one(number: int) -> Entry:
        return publish("many", {"a.txt": b"%d" % number, "b.txt": b"%d" % number}, {}, zoo)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(16)))
    assert sorted(entry.version for entry in made) == list(range(1, 17))
    for number, entry in enumerate(made):
        entry.verify()
        assert entry.file("a.txt").read_bytes() == entry.file("b.txt").read_bytes() == b"%d" % number


def test_invalid_publish_is_refused_and_leaves_nothing(run: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="has no intact snapshot"):
        publish_run(tmp_path, "tiny", zoo)
    with pytest.raises(ZooError, match=r"'\.\./tiny' is not a valid name of a zoo entry"):
        publish_run(run, "../tiny", zoo)
    with pytest.raises(ZooError, match=r"'\.\./x' is not a valid name of a file of a zoo entry"):
        publish("tiny", {"../x": b""}, {}, zoo)
    with pytest.raises(ZooError, match=r"can't publish 'tiny'.*No such file"):
        publish("tiny", {"x": tmp_path / "nowhere"}, {}, zoo)
    assert zoo.entries() == []
    publish("tiny", {"x": b""}, {}, zoo)
    with pytest.raises(ZooError, match="'Tiny' differs from it in case only"):
        publish("Tiny", {"x": b""}, {}, zoo)


def test_run_with_missing_data_is_published_without_a_deploy_net(
    run: Path, zoo: LocalZoo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "gone.run"
    copy.mkdir()
    for file in ("solver.prototxt", "metrics.jsonl"):
        (copy / file).write_bytes((run / file).read_bytes())
    net = (
        (run / "net.prototxt").read_text().replace('"digits"\n    split: "test"', '"gone"\n    split: "test"')
    )
    (copy / "net.prototxt").write_text(net)
    (copy / "iter_7").symlink_to(run / "iter_7")
    made = publish_run(copy, "gone", zoo)
    assert "deploy.prototxt" not in made
    assert "weights.safetensors" in made
    assert "unknown data set 'gone'" in caplog.text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"title": "a\x1b[2J"}, "'title' has the control character"),
        ({"tags": ["a", 7]}, "'tags' is not a text"),
        ({"results": {"loss": float("nan")}}, "Out of range float"),
        ({"description": "x" * 20_001}, "'description' has 20,001 characters"),
        ({"title": Path("x")}, "not JSON serializable"),
    ],
)
def test_facts_that_could_not_be_read_again_are_refused(
    facts: dict[str, object], said: str, zoo: LocalZoo
) -> None:
    with pytest.raises(ZooError, match=f"'small' can't be published: .*{said}"):
        publish("small", {"x": b""}, facts, zoo)
    assert zoo.entries() == []


@pytest.mark.parametrize("name", ["con.txt", "a.", "e\u0301", "a\nb", "-x", "a\\b", "x" * 101])
def test_file_names_that_some_system_cannot_have_are_refused(name: str, zoo: LocalZoo) -> None:
    with pytest.raises(ZooError, match="not a valid name of a file"):
        publish("small", {name: b""}, {}, zoo)


def test_names_that_differ_in_case_only_are_refused(zoo: LocalZoo) -> None:
    with pytest.raises(ZooError, match="differs from another in case only"):
        publish("small", {"a": b"", "A": b""}, {}, zoo)


def test_pipe_is_not_published(zoo: LocalZoo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ZooError, match="not a regular file but a FIFO"):
        publish("small", {"x": tmp_path / "pipe"}, {}, zoo)


def test_run_with_a_link_to_a_file_elsewhere_is_refused(run: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    copy = tmp_path / "copy.run"
    shutil.copytree(run, copy)
    (copy / "metrics.jsonl").unlink()
    (copy / "metrics.jsonl").symlink_to(run / "metrics.jsonl")
    with pytest.raises(ZooError, match=r"metrics\.jsonl is a link to a file outside of the run's folder"):
        publish_run(copy, "tiny", zoo)


def test_entry_keeps_the_files_of_a_config_with_blocks(run: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    own = tmp_path / "own.run"
    shutil.copytree(run, own)
    (own / "source" / "blocks").mkdir(parents=True)
    (own / "source" / "net.yaml").write_text("include: blocks/a.yaml\n", encoding="utf-8")
    (own / "source" / "blocks" / "a.yaml").write_text("let: {n: 1}\n", encoding="utf-8")
    (own / "source" / "link.yaml").symlink_to(tmp_path)
    published = publish_run(own, "own", zoo)
    texts = json.loads(published.file("source.json").read_text("utf-8"))
    assert texts == {"blocks/a.yaml": "let: {n: 1}\n", "net.yaml": "include: blocks/a.yaml\n"}
