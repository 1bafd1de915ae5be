"""``layerzoo generate``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.loader import emit, load_net, parse_net
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.zoo import publish
from layerzoo.zoo.entry import DEPLOY, INPUTS, NET, WEIGHTS
from tests.generation.letters import ALTERNATING, letters
from tests.shipped import FOLDER as SHIPPED
from tests.zoo.test_generating import AUTOENCODER, GAN


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and a zoo with ``letters``, a net that lets b follow a, and a follow b."""
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    net = letters(ALTERNATING)
    net.net.save_weights(work / "letters.safetensors")
    assert net.inputs is not None
    config = emit(NetParameter(layer=[layer.param for layer in net.net.graph.layers]), "prototxt").encode()
    inputs = emit(NetParameter(layer=[net.inputs]), "prototxt").encode()
    files = {DEPLOY: config, NET: config, INPUTS: inputs, WEIGHTS: work / "letters.safetensors"}
    publish("letters", files, {})
    return work


def config(text: str, name: str) -> list[str]:
    net = Net(parse_net(text, format="yaml"), "TEST", seed=3)
    Path(f"{name}.prototxt").write_text(emit(parse_net(text, format="yaml").message, "prototxt"))
    net.save_weights(f"{name}.safetensors")
    return ["-model", f"{name}.prototxt", "-weights", f"{name}.safetensors"]


def test_texts_are_continued(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "-zoo", "letters", "-text", "xa", "-length", "4", "-temperature", "0"]) == 0
    assert capsys.readouterr().out == "xababa\n"
    Path("p.txt").write_text("b\n")
    flags = ["-length", "2", "-top_k", "1", "-samples", "2"]
    assert main(["generate", "-zoo", "letters", "-text", "a", "p.txt", *flags]) == 0
    assert capsys.readouterr().out == "aba\naba\nbab\nbab\n"


def test_texts_are_answered_line_by_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = load_net(SHIPPED / "courses" / "seq2seq.yaml", ["let.task=addition", "let.length=2"]).message
    made = Net(net, "TEST", seed=3)
    made.save_weights("w.safetensors")
    Path("net.prototxt").write_text(emit(net, "prototxt"))
    run = ["generate", "-model", "net.prototxt", "-weights", "w.safetensors"]
    Path("sums.txt").write_text("47+6\n1+1\n")
    assert main([*run, "sums.txt", "-text", "1+1"]) == 0
    typed, first, second = capsys.readouterr().out.splitlines()
    assert typed == second
    _, function = made.functional(["said"])
    source = torch.tensor([5.0, 8, 11, 7, 0])[:, None]
    inputs = {"source": source, "steps": torch.tensor([4.0]), "given": torch.zeros(4, 1)}
    said = function({}, inputs)["said"].flatten().long().tolist()[:3]
    assert first == "".join("_0123456789+"[token] for token in [*said, 0][: [*said, 0].index(0)])
    assert main([*run, "-text", "1+1+1", "-text", "1+1"]) == 4
    out, err = capsys.readouterr()
    assert out.splitlines() == [typed]
    assert "'1+1+1': expected two numbers of 1 to 2 digits" in err
    assert main([*run, "-text", "1+1", "-beam", "2"]) == 2
    assert "answers a text in one way" in capsys.readouterr().err
    assert main(["classify", *run[1:], "-text", "1+1"]) == 2
    assert "layerzoo generate gives the answer" in capsys.readouterr().err


def test_samples_of_a_text_have_seeds_of_their_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["-zoo", "letters", "-text", "a", "-length", "30", "-temperature", "10"]
    assert main(["generate", *flags, "-samples", "3"]) == 0
    three = capsys.readouterr().out.splitlines()
    assert len(set(three)) == 3
    assert main(["generate", *flags, "-seed", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == three[2:]


def test_beam_search_prints_the_likeliest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["generate", "-zoo", "letters", "-text", "a", "-length", "3", "-beam", "2", "-samples", "2"])
        == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "abab"
    assert len(lines) == 2
    assert main(["generate", "-zoo", "letters", "-text", "a", "-beam", "2", "-top_k", "3"]) == 2
    assert "-beam draws no tokens; leave out -temperature, -top_k and -top_p" in capsys.readouterr().err


def test_text_that_cannot_be_continued_is_skipped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["generate", "-zoo", "letters", "-text", "?", "-text", "a", "-length", "1", "-top_k", "1"]) == 4
    )
    said = capsys.readouterr()
    assert said.out == "ab\n"
    assert "'?': no token of it is in the vocabulary" in said.err


def test_images_are_written_as_a_grid_or_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = config(AUTOENCODER, "vae")
    assert main(["generate", *flags, "-samples", "9"]) == 0
    assert "9 samples of shape 1x28x28 in autoencoder.png" in capsys.readouterr().err
    with Image.open("autoencoder.png") as sheet:
        assert sheet.size == (3 * 58 + 2, 3 * 58 + 2)
        first = np.array(sheet)
    assert main(["generate", *flags, "-samples", "9", "-seed", "1", "-out", "other.png"]) == 0
    with Image.open("other.png") as sheet:
        assert not np.array_equal(np.array(sheet), first)
    assert main(["generate", *flags, "-samples", "2", "-out", "each"]) == 0
    assert sorted(path.name for path in Path("each").iterdir()) == ["0.png", "1.png"]
    assert main(["generate", *flags, "-samples", "2", "-out", "each.npy"]) == 0
    assert np.load("each.npy").shape == (2, 1, 28, 28)


def test_named_blob_is_written_as_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = config(GAN, "gan")
    assert main(["generate", *flags, "-blob", "fake", "-samples", "5", "-out", "rings.csv"]) == 0
    assert "5 samples of shape 2 in rings.csv" in capsys.readouterr().err
    assert len(Path("rings.csv").read_text().splitlines()) == 5
    assert main(["generate", *flags]) == 1
    assert "no rules for the stage 'generate'" in capsys.readouterr().err
    assert main(["generate", *flags, "-blob", "fake", "-out", "rings.png"]) == 2
    assert "samples of shape (2,) aren't images; give .npy or .csv" in capsys.readouterr().err
    assert not Path("rings.png").exists()


def test_flags_that_exclude_each_other_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "-zoo", "letters", "-text", "a", "-out", "a.png"]) == 2
    assert "-blob and -out are for nets that generate from noise" in capsys.readouterr().err
    assert main(["generate", "-text", "a"]) == 2
    assert "-zoo, -run or -model is required" in capsys.readouterr().err
    assert main(["generate", "-zoo", "letters", "-weights", "a.safetensors"]) == 2
    assert "-zoo has weights of its own" in capsys.readouterr().err
