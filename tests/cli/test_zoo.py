"""``layerzoo zoo``."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.server import ZooServer


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalZoo:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return LocalZoo()


@pytest.fixture
def entry(zoo: LocalZoo) -> Entry:
    net = {
        "name": "tiny",
        "layers": 2,
        "params": 650,
        "inputs": {"data": [1, 1, 8, 8]},
        "outputs": {"prob": [1, 10]},
    }
    facts = {
        "results": {"accuracy": 0.975, "loss": 0.125},
        "dataset": "digits (test)",
        "iteration": 7,
        "net": net,
    }
    return publish("tiny", {"weights.safetensors": bytes(2500)}, facts, zoo)


def test_empty_zoo_names_the_command_to_publish(zoo: LocalZoo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "list"]) == 0
    assert f"the zoo is empty ({zoo.root}); layerzoo train" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["list", "ls"])
def test_list_has_a_line_per_entry(name: str, entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    publish("tiny", {}, {})
    assert main(["zoo", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    day = entry.manifest["created"][:10]
    size = (2500 + entry.files["README.md"].size) / 1000
    assert lines[0].split() == ["tiny@1", day, f"{size:.1f}", "kB", "accuracy", "0.975,", "loss", "0.125"]
    assert lines[1].split()[0] == "tiny@2"


def test_damaged_entry_is_listed_as_damaged(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    (entry.path / "entry.json").write_text("{}\n")
    assert main(["zoo", "list"]) == 0
    assert "tiny@1" in (out := capsys.readouterr().out)
    assert "zoo entry tiny@1 is damaged: entry.json: not the manifest of an entry" in out


def test_info_prints_facts_and_files(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "info", "tiny"]) == 0
    rows = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if " " in line.strip()
    )
    assert rows["entry"] == "tiny@1"
    assert rows["results"] == "accuracy 0.975, loss 0.125"
    assert rows["net"] == "tiny: 2 layers, 650 params"
    assert rows["inputs"] == "data 1 x 1 x 8 x 8"
    assert rows["id"] == entry.id
    assert rows["weights.safetensors"].startswith("2.5 kB")


def test_unknown_entry_error_suggests_the_nearest(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "info", "tinny"]) == 1
    assert "no zoo entry 'tinny'" in (err := capsys.readouterr().err)
    assert "did you mean 'tiny'?" in err
    assert main(["zoo", "info", "tiny@9"]) == 1
    assert f"no version '9' of zoo entry 'tiny'; versions: 1 ({entry.id[:12]})" in capsys.readouterr().err


def test_entry_is_pushed_downloaded_verified_copied_and_removed(
    entry: Entry,
    zoo: LocalZoo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An entry is pushed to a store, downloaded to a second home, pinned, verified, copied, removed."""

    def run(*arguments: str, code: int = 0) -> str:
        assert main(["zoo", *arguments]) == code, capsys.readouterr().err
        return capsys.readouterr().out

    store = str(tmp_path / "store")
    assert run("push", "tiny", "-to", store) == f"tiny@1 -> {store}\n"
    assert run("push", "tiny@1", "-to", store) == f"tiny@1 is already in {store}\n"
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "second"))
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "zoo.toml").write_text(f"[stores.team]\nurl = '{store}'\n")
    assert "tiny@1" in (out := run("search", "tiny", "accuracy>0.9"))
    assert "team" in out
    assert run("search", "accuracy>0.99") == ""
    assert run("get", "tiny", "-from", "team", "-lock").startswith("tiny@1 ")
    assert (tmp_path / "zoo.lock").exists()
    assert run("get").startswith("tiny@1 "), "all pinned entries"
    assert f"from          {store}" in run("info", "tiny")
    assert run("verify", "tiny").split() == ["tiny@1", "ok"]
    run("export", "tiny", "-to", str(tmp_path / "copy"))
    run("export", "tiny", "-to", str(tmp_path / "copy"), code=1)
    run("rm", "tiny", code=2)
    assert run("rm", "tiny@1") == "removed tiny@1\n"
    run("info", "tiny", code=1)
    assert run("add", str(tmp_path / "copy")).startswith("tiny@1 ")
    assert run("rm", "tiny", "-all") == "removed tiny@1\n"
    assert run("prune") == "freed 0 B\n"


def test_verify_finds_damage(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "verify", "tiny"]) == 0
    (entry.path / "weights.safetensors").chmod(0o644)
    (entry.path / "weights.safetensors").write_bytes(bytes(2499) + b"\1")
    assert main(["zoo", "verify", "tiny"]) == 1
    assert "tiny@1                     BAD  zoo entry tiny@1 is damaged: 'weights" in capsys.readouterr().out


def test_signature_is_verified(entry: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cryptography", reason="the extra 'sign' is not installed")
    assert main(["zoo", "keygen", str(tmp_path / "key")]) == 0
    public = capsys.readouterr().out.strip()
    assert main(["zoo", "sign", "tiny", "-key", str(tmp_path / "key")]) == 0
    assert main(["zoo", "verify", "tiny", "-signed"]) == 1
    assert "not in" in capsys.readouterr().out
    (tmp_path / "home" / "trusted_keys").write_text(f"{public} Ada\n")
    assert main(["zoo", "verify", "tiny", "-signed"]) == 0
    assert "ok  signed by Ada" in capsys.readouterr().out
    assert main(["zoo", "info", "tiny"]) == 0
    assert "signed by     Ada" in capsys.readouterr().out


def test_get_without_a_name_or_a_store_is_an_error(zoo: LocalZoo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "get"]) == 2
    assert "no entry given, and zoo.lock pins none" in capsys.readouterr().err
    assert main(["zoo", "get", "nothing"]) == 1
    assert "no store is configured" in capsys.readouterr().err
    assert main(["zoo", "serve", "-token_env", "NO_SUCH_VARIABLE"]) == 2


def test_net_of_caffes_zoo_is_imported(
    zoo: LocalZoo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "mlp.caffemodel"
    assert main(["export", "-zoo", "mlp-digits", "-format", "caffemodel", "-out", str(weights)]) == 0
    arguments = ["-name", "mine", "-model", "configs/mlp_train_test.yaml", "-mean", "5", "-scale", "0.5"]
    assert main(["zoo", "import", str(weights), *arguments]) == 0
    assert "imported as mine@1" in capsys.readouterr().out
    preprocessing = zoo.get("mine").manifest["preprocessing"]
    assert preprocessing == {
        "channels": 1,
        "order": "GREY",
        "size": [8, 8],
        "mean_value": [5.0],
        "scale": 0.5,
    }
    assert main(["test", "-zoo", "mine"]) == 0
    assert main(["zoo", "import", str(weights), "-name", "x"]) == 1
    assert "the net is missing: name a prototxt (-model FILE)" in capsys.readouterr().err
    assert main(["zoo", "import", str(weights), *arguments, "-mean", "red"]) == 2


def test_serve_ends_with_ctrl_c(
    zoo: LocalZoo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: ZooServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ZooServer, "serve_forever", interrupt)
    assert main(["zoo", "serve", "-port", "0"]) == 0
    assert capsys.readouterr().out.endswith("; Ctrl-C stops\nstopped\n")


def test_serve_says_that_its_port_is_taken(zoo: LocalZoo, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["zoo", "serve", "-port", str(port)]) == 2
    assert f"error: -port {port}: Address already in use" in capsys.readouterr().err
