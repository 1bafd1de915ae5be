"""Public configs: each parses or fails with a position; nets of Caffe's layer types build and run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from layerzoo.errors import Fault
from layerzoo.loader import parse_either
from layerzoo.loader.files import read_source
from layerzoo.survey import config_files, survey


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


@pytest.mark.slow
def test_corpus_nets_of_caffes_types_build_and_run(shared: Path) -> None:
    """Every fourth of them; `layerzoo check -all` takes minutes for the whole folder."""
    with (shared / "corpus" / "index.tsv").open() as rows:
        index = list(csv.DictReader(rows, delimiter="\t"))
    own = [r["path"] for r in index if r["bvlc_types_only"] == "1" and "Python" not in r["types"]]
    assert len(own) == 309
    ran = survey([shared / "corpus" / path for path in own[::4]])
    assert [(row.path, row.why) for row in ran if not row.ran] == []
