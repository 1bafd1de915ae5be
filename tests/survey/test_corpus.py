"""Public configs: each parses or fails with a position; nets of Caffe's layer types build and run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader import parse_either
from layerzoo.loader.files import read_source
from layerzoo.survey import Limits, config_files, states, survey, wire_without_data

LIMITS = Limits(seconds=600)


def test_corpus_files_parse_or_fail_with_a_position(shared: Path) -> None:
    files = config_files(shared / "corpus")
    assert len(files) == 827
    parsed = 0
    for path in files:
        faults: list[Fault] = []
        source = read_source(path)
        parse_either(source, path=path, faults=faults)
        parsed += not faults
        lost = [fault for fault in faults if fault.origin is None or fault.origin.source is not source]
        assert lost == [], path
    assert parsed >= 545


REFUSED = {
    "BVLC+caffe@history/c1faaa36ca/examples/cifar10/cifar10_full.prototxt": "norm_region",
    "jolibrain+deepdetect/templates/caffe/se_resnext_101/se_resnext_101.prototxt": "weight_filler",
    "soeaver+caffe-model/det/faster_rcnn/models/coco/air101/rpn_rcnn_deploys/"
    "rpn_deploy_faster_coco_air101-merge-fc2-multigrid.prototxt": "dims [0, 18, -1, 0]",
    "soeaver+caffe-model/det/rfcn/models/coco/inception-v4/rpn_rcnn_deploys/"
    "rpn_deploy_rfcn_coco_inception-v4-merge-aligned.prototxt": "dims [0, 18, -1, 0]",
}
"""Nets that Caffe refuses too, and what is wrong with them."""


@pytest.mark.slow
def test_corpus_nets_of_caffes_types_build_and_run(shared: Path) -> None:
    """Every fourth of them; `layerzoo check -all` takes minutes for the whole folder."""
    own = [r["path"] for r in _nets(shared) if r["bvlc_types_only"] == "1"]
    assert len(own) == 289
    chosen = [path for path in own if path not in REFUSED][::4]
    ran = survey([shared / "corpus" / path for path in chosen], limits=LIMITS)
    assert [(row.path, row.why, row.notes) for row in ran if not row.ran] == []


@pytest.mark.slow
def test_corpus_nets_that_caffe_refuses_are_faults_at_their_place(shared: Path) -> None:
    rows = survey([shared / "corpus" / path for path in REFUSED], limits=LIMITS)
    assert [(row.path, row.why) for row in rows if row.ran] == []
    wrong = [row.why for row, said in zip(rows, REFUSED.values(), strict=True) if said not in row.why]
    assert wrong == []


@pytest.mark.slow
def test_corpus_nets_of_forks_build_and_run(shared: Path) -> None:
    """Every twelfth of them."""
    others = [r["path"] for r in _nets(shared) if r["bvlc_types_only"] == "0"]
    assert len(others) == 258
    rows = survey([shared / "corpus" / path for path in others[::12]], limits=LIMITS)
    assert sum(row.ran is True for row in rows) >= 0.8 * len(rows), [(row.path, row.why) for row in rows]


def test_wires_of_corpus_nets_are_complete(shared: Path) -> None:
    """Every eighth net, without running it: one in twelve may have a layer that doesn't exist here."""
    chosen = [shared / "corpus" / r["path"] for r in _nets(shared)][::8]
    faults = {}
    for path in chosen:
        document = None
        try:
            document = parse_either(read_source(path), path=path)
            for state in states(document.message):  # type: ignore[arg-type]  # a net by the index
                wire_without_data(document, state)  # type: ignore[arg-type]  # a net by the index
        except ConfigError as error:
            faults[str(path)] = str(error)
    assert len(faults) <= 0.08 * len(chosen), faults


def _nets(shared: Path) -> list[dict[str, str]]:
    with (shared / "corpus" / "index.tsv").open() as rows:
        return [row for row in csv.DictReader(rows, delimiter="\t") if row["kind"] != "solver"]
