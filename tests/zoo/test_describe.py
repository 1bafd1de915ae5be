"""Files and facts derived from a net's config and weights."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.weights import save
from layerzoo.zoo.describe import describe, describe_deployed, portable_inputs
from layerzoo.zoo.preprocessing import Preprocessing

DIGITS = """
name: tiny
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 90, size: 8}}
- {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 10}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""


def written(folder: Path, text: str, **weights: list[torch.Tensor]) -> tuple[Path, Path]:
    (folder / "net.yaml").write_text(text)
    save(weights, folder / "w.safetensors")
    return folder / "net.yaml", folder / "w.safetensors"


def test_describe_returns_the_files_and_facts_of_an_entry(tmp_path: Path) -> None:
    weight, bias = torch.zeros(10, 64), torch.arange(10.0)
    found = describe(*written(tmp_path, DIGITS, ip=[weight, bias]))
    assert sorted(found.files) == ["deploy.prototxt", "golden.safetensors", "labels.txt"]
    assert found.files["labels.txt"] == b"".join(b"%d\n" % digit for digit in range(10))
    assert found.facts["dataset"] == "digits (test)"
    net = found.facts["net"]
    assert (net["name"], net["params"]) == ("tiny", 650)
    assert net["inputs"]["data"][1:] == [1, 8, 8]
    golden = load(found.files["golden.safetensors"])  # type: ignore[arg-type]  # it is bytes
    prediction = next(tensor for name, tensor in golden.items() if name.startswith("out/"))
    assert torch.allclose(prediction, torch.softmax(bias, 0).expand_as(prediction))
    data = Net(parse_net(DIGITS.partition("- {name: ip")[0], format="yaml"))()["data"]
    assert torch.equal(golden["in/data"], data[: len(golden["in/data"])]), (
        "the first samples of the data layer"
    )


def test_describe_tells_nets_that_predict_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,target\n" + "".join(f"{n},{100 * n}.5\n" for n in range(5)))
    text = """layer:
- {name: data, type: CSVData, top: [numbers, label], csv_data_param: {source: t.csv, batch_size: 4}}
- {name: ip, type: InnerProduct, bottom: numbers, top: score, inner_product_param: {num_output: 1}}
- {name: loss, type: EuclideanLoss, bottom: [score, label], top: loss}
"""
    found = describe(*written(tmp_path, text, ip=[torch.zeros(1, 1), torch.ones(1)]))
    assert (found.facts["predicts"], found.files["labels.txt"]) == ("numbers", b"target\n")
    assert (
        "predicts"
        not in describe(*written(tmp_path, DIGITS, ip=[torch.zeros(10, 64), torch.zeros(10)])).facts
    )


def test_describe_keeps_a_mean_image(tmp_path: Path) -> None:
    mean = np.arange(64, dtype=np.float32).reshape(1, 8, 8)
    np.save(tmp_path / "mean.npy", mean)
    text = DIGITS.replace("size: 8}}", "size: 8}, transform_param: {mean_file: mean.npy}}")
    found = describe(*written(tmp_path, text, ip=[torch.zeros(10, 64), torch.zeros(10)]))
    stored = np.load(io.BytesIO(found.files["mean.npy"]))  # type: ignore[arg-type]  # it is bytes
    assert stored.ravel().tolist() == mean.ravel().tolist()


def test_describe_uses_the_given_preprocessing(tmp_path: Path) -> None:
    facts = {"channels": 1, "order": "GREY", "size": [8, 8]}
    text = """
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 64]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 1, bias_term: false}}
"""
    found = describe(
        *written(tmp_path, text, ip=[torch.ones(1, 64)]), preprocessing=Preprocessing.parse(facts)
    )
    assert {key: found.facts["preprocessing"][key] for key in facts} == facts


def test_describe_without_data_warns(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    head, _, tail = DIGITS.partition("type: Dataset")
    source = "type: ImageData, top: [data, label], image_data_param: {source: gone.txt, batch_size: 1}}\n"
    text = head + source + tail.partition("size: 8}}\n")[2]
    with caplog.at_level(logging.WARNING, "layerzoo"):
        found = describe(*written(tmp_path, text, ip=[torch.zeros(10, 64), torch.zeros(10)]))
    assert (found.files, found.facts) == ({}, {})
    assert "gone.txt" in caplog.text


def test_describe_deployed_counts_params_and_uses_seeded_noise() -> None:
    text = """
name: two
layer:
- {name: in, type: Input, top: [a, b], input_param: {shape: [{dim: [2, 3]}, {dim: [2, 3]}]}}
- {name: sum, type: Eltwise, bottom: [a, b], top: sum}
- {name: ip, type: InnerProduct, bottom: sum, top: ip, inner_product_param: {num_output: 4}}
"""
    net = Net(parse_net(text, format="yaml"))
    found = describe_deployed(net, None)
    assert found.facts == {
        "net": {
            "name": "two",
            "layers": 3,
            "params": 16,
            "inputs": {"a": [2, 3], "b": [2, 3]},
            "outputs": {"ip": [2, 4]},
        }
    }
    golden = load(found.files["golden.safetensors"])  # type: ignore[arg-type]  # it is bytes
    assert sorted(golden) == ["in/a", "in/b", "out/ip"]
    assert torch.equal(golden["out/ip"], net(a=golden["in/a"], b=golden["in/b"])["ip"])
    assert describe_deployed(net, None).files == found.files


TABLE = """
name: rows
layer:
- {{name: data, type: CSVData, top: [numbers, label], csv_data_param: {{source: "{0}", batch_size: 2}}}}
- {{name: ip, type: InnerProduct, bottom: numbers, top: ip, inner_product_param: {{num_output: 2}}}}
- {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}}
"""


def test_what_the_data_layer_learned_is_described(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,label\n1,no\n3,yes\n")
    text = TABLE.format(tmp_path / "t.csv")
    files = describe(*written(tmp_path, text, ip=[torch.zeros(2, 1), torch.zeros(2)])).files
    (layer,) = parse_net(bytes(files["inputs.prototxt"]).decode(), format="prototxt").message.layer
    assert not layer.csv_data_param.source
    assert [(c.name, c.mean, c.std) for c in layer.csv_data_param.column[:1]] == [("x", 2, 1)]


def test_mean_image_of_new_samples_is_the_entrys_own() -> None:
    text = 'layer { name: "d" type: "CSVData" transform_param { mean_file: "/home/ann/m.binaryproto" } }'
    assert b'mean_file: "mean.npy"' in portable_inputs(text)
    assert portable_inputs('layer { type: "CSVData" }') == b'layer { type: "CSVData" }'
