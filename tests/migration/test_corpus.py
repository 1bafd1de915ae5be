"""Deployment nets that strangers published: they leave as ONNX and plain Python, and agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.migration import migrate

NETS = {
    "YOLO v2": "eric612+MobileNet-YOLO/models/yolov2/mobilenet_yolo_lite_deploy.prototxt",
    "R-FCN behind its proposals": "soeaver+caffe-model/det/rfcn/models/coco/air101/rpn_rcnn_deploys/"
    "rcnn_deploy_rfcn_coco_air101-merge.prototxt",
}
"""A net of each kind; `layerzoo migrate -all` does the whole folder."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", NETS)
def test_corpus_net_leaves_as_onnx_and_python(kind: str, shared: Path, tmp_path: Path) -> None:
    made = migrate(shared / "corpus" / NETS[kind], None, tmp_path / "out", formats=["onnx", "python"])
    assert [outcome.why for outcome in made.outcomes] == ["", ""]
    assert all(outcome.deviation is not None and outcome.deviation <= 1e-4 for outcome in made.outcomes)
