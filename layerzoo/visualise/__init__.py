"""Look into a net: filters, activations, and what its scores depend on, as pictures and one page.

::

    lenet = layerzoo.zoo.load("lenet-digits")
    figures = filter_figures(lenet.net)
    write_figures(figures, Path("looked"), "lenet-digits")
"""

from layerzoo.visualise.activations import activation_figures
from layerzoo.visualise.class_score import ClassScore, class_score, scores_layer
from layerzoo.visualise.embeddings import check_tsne, features_of, pca, tsne
from layerzoo.visualise.explanations import Seen, grad_cam_figures, occlusion_figure, saliency_figure
from layerzoo.visualise.filters import filter_figures
from layerzoo.visualise.grad_cam import grad_cam
from layerzoo.visualise.maximise import Ascent, maximise, maximise_figure, unit_count
from layerzoo.visualise.occlusion import occlusion
from layerzoo.visualise.page import Figure, write_figures
from layerzoo.visualise.saliency import saliency
from layerzoo.visualise.sets import confusion_figure, embedding_figure

__all__ = [
    "Ascent",
    "ClassScore",
    "Figure",
    "Seen",
    "activation_figures",
    "check_tsne",
    "class_score",
    "confusion_figure",
    "embedding_figure",
    "features_of",
    "filter_figures",
    "grad_cam",
    "grad_cam_figures",
    "maximise",
    "maximise_figure",
    "occlusion",
    "occlusion_figure",
    "pca",
    "saliency",
    "saliency_figure",
    "scores_layer",
    "tsne",
    "unit_count",
    "write_figures",
]
