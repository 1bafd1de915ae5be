"""Figures of a whole set."""

from __future__ import annotations

import numpy as np

from layerzoo.evaluation import judge, report
from layerzoo.evaluation.pictures import confusion_picture
from layerzoo.visualise import confusion_figure, embedding_figure
from tests.visualise.nets import net_of
from tests.visualise.test_embeddings import DIGITS


def test_embedding_figure_says_layer_samples_and_variance() -> None:
    figure = embedding_figure(net_of(DIGITS), [str(n) for n in range(10)], "score", most=50)
    assert figure.name == "embeddings-pca-score"
    assert figure.caption.startswith("score: 50 samples of 10 values by PCA, ")
    assert figure.picture.width > 640, "the names of the classes"


def test_confusion_figure_is_that_of_the_report() -> None:
    net = net_of(DIGITS)
    figure = confusion_figure(net)
    found = report(judge(net), [], [1], 0)
    assert f"360 samples, accuracy {found.accuracy:.4%}" in figure.caption
    assert np.array_equal(np.asarray(figure.picture), np.asarray(confusion_picture(found)))
