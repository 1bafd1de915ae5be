"""Nets that are checked, described and drawn."""

from __future__ import annotations

from layerzoo.studio.checker import whole
from tests.studio.browser.test_nets import BLOCKS, NET

DATA = 'layer { name: "d" type: "Data" top: "x" data_param { source: "nowhere" batch_size: 2 } }\n'


def test_layers_have_shapes_figures_and_places() -> None:
    answer = whole.check(NET, "net.prototxt")
    net = answer["net"]
    assert answer["kind"] == "net"
    assert answer["faults"] == []
    assert (net["name"], net["phase"], net["phases"]) == ("tiny", "TEST", ["TEST"])
    fc = net["layers"][1]
    assert (fc["name"], fc["type"], fc["params"], fc["macs"], fc["bytes"]) == (
        "fc",
        "InnerProduct",
        36,
        64,
        32,
    )
    assert fc["bottoms"] == [{"name": "data", "shape": "2 x 8"}]
    assert NET[fc["start"] : fc["end"]].startswith('layer {\n  name: "fc"')
    assert NET[fc["start"] : fc["end"]].endswith("}\n}")
    assert net["totals"]["params"] == 36
    assert net["totals"]["macs"] == 64
    assert net["totals"]["memory"] > 36 * 4
    assert net["totals"]["batch_size"] == 2
    assert 'data-layers="1 2"' in net["pictures"][0]["svg"]  # act runs in place on fc


def test_faults_have_line_column_and_fix() -> None:
    text = NET.replace("num_output: 4", "num_outptu: 4")
    fault = whole.check(text, "net.prototxt")["faults"][0]
    assert (fault["line"], fault["column"]) == (8, 25)
    assert "num_outptu" in fault["message"]
    assert "num_output" in fault["fix"]
    assert text[fault["start"] : fault["end"]] == "num_outptu"
    assert not fault["warning"]


def test_texts_that_are_no_nets_have_no_picture() -> None:
    for text in ("", "\n", "layer {", "}}}}", "name: 3 x", "# only a comment"):
        assert whole.check(text, "net.prototxt")["net"] is None


def test_blocks_fold_and_their_layers_stand_where_they_are_used() -> None:
    folded, plain = (whole.check(BLOCKS, "net.yaml", fold=fold)["net"] for fold in (True, False))
    assert folded["blocks"]
    assert (len(folded["pictures"]), len(plain["pictures"])) == (2, 1)
    inner = [layer for layer in folded["layers"] if layer["block"]]
    assert [layer["type"] for layer in inner] == ["InnerProduct", "InnerProduct"]
    assert {BLOCKS[layer["start"] : layer["end"]] for layer in inner} == {
        "{name: p, type: Call, bottom: in, top: out, subnet_param: {net: pair}}"
    }
    assert "num_output: 3" in inner[0]["config"]


def test_missing_data_are_assumed_for_the_picture() -> None:
    answer = whole.check(DATA, "net.prototxt")
    assert answer["net"]["notes"][0].startswith("no data found")
    assert answer["faults"]


def test_phase_is_chosen() -> None:
    rules = 'layer { name: "t" type: "ReLU" bottom: "fc" top: "t" include { phase: TRAIN } }\n'
    test = whole.check(NET + rules, "net.prototxt", phase="TEST")["net"]
    train = whole.check(NET + rules, "net.prototxt")["net"]
    assert (test["phase"], train["phase"]) == ("TEST", "TRAIN")
    assert len(train["layers"]) == len(test["layers"]) + 1
    assert train["totals"]["trains"]


def test_solver_shows_its_net() -> None:
    answer = whole.check("net: configs/lenet_train_test.yaml\nbase_lr: 0.01\nmax_iter: 1\n", "solver.yaml")
    assert answer["kind"] == "solver"
    assert answer["net"]["name"] == "LeNet"
    assert all(layer["start"] is None for layer in answer["net"]["layers"])


def test_choices_are_the_templates() -> None:
    found = {one["name"]: one for one in whole.choices()}
    assert found["lenet"]["images"]
    assert found["lstm"]["what"]
