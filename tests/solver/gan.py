"""A small net of two players, in which one subnet is run twice, and solvers of it."""

from __future__ import annotations

from pathlib import Path

from layerzoo.loader import parse_solver
from layerzoo.solver import Solver

NET = """
name: "gan"
subnet { name: "critic"
  layer { name: "image" type: "Input" top: "image" input_param { shape { dim: 10 dim: 16 } } }
  layer { name: "h" type: "InnerProduct" bottom: "image" top: "h"
          inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
  layer { name: "tanh" type: "TanH" bottom: "h" top: "h" }
  layer { name: "score" type: "InnerProduct" bottom: "h" top: "score"
          inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
}
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 4 batch_size: 10 } }
layer { name: "unused" type: "Silence" bottom: "t" }
layer { name: "flat" type: "Flatten" bottom: "x" top: "real" }
layer { name: "noise" type: "DummyData" top: "z" top: "one" top: "zero"
  dummy_data_param { shape { dim: 10 dim: 3 } shape { dim: 10 dim: 1 } shape { dim: 10 dim: 1 }
    data_filler { type: "gaussian" } data_filler { type: "constant" value: 1 }
    data_filler { type: "constant" }
  } }
layer { name: "G/fc" type: "InnerProduct" bottom: "z" top: "fc"
        inner_product_param { num_output: 16 weight_filler { type: "xavier" } } }
layer { name: "G/bn" type: "BatchNorm" bottom: "fc" top: "fake" include { stage: "bn" } }
layer { name: "G/copy" type: "Power" bottom: "fc" top: "fake" exclude { stage: "bn" } }
layer { name: "D" type: "Call" bottom: "real" top: "real_score" param { name: "D" }
        subnet_param { net: "critic" output: "score" } }
layer { name: "D_fake" type: "Call" bottom: "fake" top: "fake_score" param { name: "D" }
        subnet_param { net: "critic" output: "score" } }
layer { name: "d_real" type: "SigmoidCrossEntropyLoss" bottom: "real_score" bottom: "one" top: "d_real" }
layer { name: "d_fake" type: "SigmoidCrossEntropyLoss" bottom: "fake_score" bottom: "zero" top: "d_fake"
        loss_weight: 0.5 }
layer { name: "g" type: "SigmoidCrossEntropyLoss" bottom: "fake_score" bottom: "one" top: "g" }
"""

D = 'update { name: "discriminate" layer: "D" loss: "d_real" loss: "d_fake" '
G = 'update { name: "generate" layer: "G" loss: "g" '


def text(updates: str = f"{D} }} {G} }}", folder: Path | str = ".", more: str = "", net: str = NET) -> str:
    """A solver of the net, with these updates and more fields."""
    base = 'base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" random_seed: 3 solver_mode: CPU'
    return f'{base} snapshot_prefix: "{folder}/r" {updates} {more} net_param {{ {net} }}'


def gan(updates: str = f"{D} }} {G} }}", folder: Path | str = ".", more: str = "", net: str = NET) -> Solver:
    """The solver of `text`."""
    return Solver(parse_solver(text(updates, folder, more, net)))
