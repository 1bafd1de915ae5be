"""Statistics as JSON and as tables."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from layerzoo.data_report.facts import facts_of, facts_of_finding, facts_table
from layerzoo.data_report.findings import Finding
from layerzoo.data_report.statistics import read_statistics
from tests.data_report.photos import net_text, photos, sources


def test_facts_are_json(tmp_path: Path) -> None:
    facts = facts_of(read_statistics(sources(net_text(photos(tmp_path)))[0]))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["labels"] == {"cat": 6, "dog": 6}
    assert facts["shapes"] == {"3 x 40 x 40": 12}
    assert (facts["samples"], facts["unreadable"], len(facts["mean"])) == (12, [], 3)
    finding = Finding("warn", "t", ["d"])
    assert facts_of_finding(finding) == {"level": "warn", "title": "t", "details": ["d"]}


def test_table_names_classes_with_bars(tmp_path: Path) -> None:
    target = StringIO()
    found = read_statistics(sources(net_text(photos(tmp_path, train=4)))[0], 6)
    Console(file=target, width=100).print(facts_table(found))
    shown = target.getvalue()
    assert "8 (6 were read)" in shown
    assert "cat" in shown
    assert "█ 3" in shown
