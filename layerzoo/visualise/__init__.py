"""Look into a net: filters, activations, and what its scores depend on, as pictures and one page.

::

    lenet = layerzoo.zoo.load("lenet-digits")
    figures = filter_figures(lenet.net)
    write_figures(figures, Path("looked"), "lenet-digits")
"""

from layerzoo.visualise.activations import activation_figures
from layerzoo.visualise.class_score import ClassScore, class_score
from layerzoo.visualise.explanations import Seen, grad_cam_figures, occlusion_figure, saliency_figure
from layerzoo.visualise.filters import filter_figures
from layerzoo.visualise.grad_cam import grad_cam
from layerzoo.visualise.occlusion import occlusion
from layerzoo.visualise.page import Figure, write_figures
from layerzoo.visualise.saliency import saliency

__all__ = [
    "ClassScore",
    "Figure",
    "Seen",
    "activation_figures",
    "class_score",
    "filter_figures",
    "grad_cam",
    "grad_cam_figures",
    "occlusion",
    "occlusion_figure",
    "saliency",
    "saliency_figure",
    "write_figures",
]
