"""Migrating many nets in processes."""

from __future__ import annotations

from pathlib import Path

from layerzoo.migration.many import migrate_each
from layerzoo.migration.models import models_in
from tests.migration.test_migrate import TEXT


def test_each_net_gets_a_folder_and_a_row(tmp_path: Path) -> None:
    source, target = tmp_path / "models", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "good.prototxt").write_text(TEXT)
    (source / "bad.prototxt").write_text("layer { type: 3 }")
    rows = migrate_each(models_in(source), source, target, ["caffemodel"], processes=2, seconds=120)
    found = {str(net): (outcomes, why) for net, outcomes, why in rows}
    outcomes, why = found["deep/good.prototxt"]
    assert why == ""
    assert outcomes[0].files == ("good.caffemodel",)
    assert (target / "deep" / "good" / "good.caffemodel").is_file()
    assert found["bad.prototxt"][0] == ()
    assert "bad.prototxt" in found["bad.prototxt"][1]
