"""Look into a net: filters, activations, and what its scores depend on, as pictures and one page.

::

    lenet = layerzoo.zoo.load("lenet-digits")
    figures = filter_figures(lenet.net)
    write_figures(figures, Path("looked"), "lenet-digits")
"""

from layerzoo.visualise.activations import activation_figures
from layerzoo.visualise.figure import Figure
from layerzoo.visualise.filters import filter_figures
from layerzoo.visualise.page import write_figures

__all__ = ["Figure", "activation_figures", "filter_figures", "write_figures"]
