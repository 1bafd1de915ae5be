"""Small configs to start from, of every format."""

from __future__ import annotations

from typing import Final

NET: Final = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 2 dim: 1 dim: 6 dim: 6 } shape { dim: 2 } data_filler { type:
  "constant" value: 1 }
    data_filler { type: "constant" } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param {
  lr_mult: 2 }
  convolution_param { num_output: 2 kernel_size: 3 stride: 1 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size:
  2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip1" bottom: "label" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "ip1" bottom: "label" top: "acc" include { phase: TEST } }
"""
"""A net that can be trained."""

NETS: Final = (
    NET,
    """name: 'inputs' input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layer { name: "a" type: "LRN" bottom: "data" top: "a" lrn_param { local_size: 3 alpha: 1e-4 beta: .75 } }
layer { name: "b" type: "Concat" bottom: "data" bottom: "a" top: "b" concat_param { axis: 1 } }
layer { name: "c" type: "Eltwise" bottom: "a" bottom: "data" top: "c" eltwise_param { operation: SUM
  coeff: [1, -1] } }
layer { name: "d" type: "Dropout" bottom: "c" top: "d" dropout_param < dropout_ratio: 0.5 > }
""",
    """layer { name: "i" type: "Input" top: "x" input_param { shape: { dim: 4 dim: 5 } } }
layer { name: "s" type: "Slice" bottom: "x" top: "p" top: "q" slice_param { axis: 1 slice_point: 2 } }
layer { name: "r" type: "Reshape" bottom: "p" top: "r" reshape_param { shape { dim: 0 dim: -1 dim: 1 } } }
layer { name: "w" type: "InnerProduct" bottom: "q" top: "w" param { name: "shared" } inner_product_param
  { num_output: 3 } }
layer { name: "v" type: "InnerProduct" bottom: "q" top: "v" param { name: "shared" } inner_product_param
  { num_output: 3 } }
layer { name: "e" type: "EuclideanLoss" bottom: "w" bottom: "v" top: "e" loss_weight: 0.5 }
""",
)

YAML_NETS: Final = (
    """name: small
layer:
- {name: data, type: Input, top: data, input_param: {shape: [{dim: [1, 3, 8, 8]}]}}
- name: conv1
  type: Convolution
  bottom: data
  top: conv1
  param:
  - lr_mult: 1
  - {lr_mult: 2, decay_mult: 0}
  convolution_param: &conv
    num_output: 4
    kernel_size: [3]
    weight_filler: {type: msra}
- name: prob   # the last
  type: Softmax
  bottom: conv1
  top: prob
  softmax_param:
    axis: 1
""",
    "layer:\n- name: i\n  type: Input\n  top: [a, b]\n  input_param:\n    shape:\n    - dim: [2, 3]\n"
    "    - dim: [2]\n",
)

OLD_NETS: Final = (
    """name: "v0" input: "data" input_dim: 1 input_dim: 1 input_dim: 8 input_dim: 8
layers { layer { name: "pad" type: "padding" pad: 1 } bottom: "data" top: "pad" }
layers { layer { name: "conv" type: "conv" num_output: 2 kernelsize: 3 stride: 1 biasterm: false
  weight_filler { type: "xavier" } blobs_lr: 1. blobs_lr: 2. weight_decay: 1. } bottom: "pad" top: "conv" }
layers { layer { name: "pool" type: "pool" pool: MAX kernelsize: 2 stride: 2 } bottom: "conv" top: "pool" }
layers { layer { name: "ip" type: "innerproduct" num_output: 3 } bottom: "pool" top: "ip" }
layers { layer { name: "prob" type: "softmax" } bottom: "ip" top: "prob" }
""",
    """name: "v1" input: "data" input_dim: 1 input_dim: 1 input_dim: 8 input_dim: 8
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2 weight_decay: 1
  weight_decay: 0 convolution_param { num_output: 2 kernel_size: 3 } }
layers { name: "pool" type: POOLING bottom: "conv" top: "pool" pooling_param { pool: AVE kernel_size: 2 } }
layers { name: "ip" type: INNER_PRODUCT bottom: "pool" top: "ip" param: "w" blob_share_mode: STRICT
  inner_product_param { num_output: 3 } include: { phase: TEST } }
layers { name: "el" type: ELTWISE_PRODUCT bottom: "ip" bottom: "ip" top: "el" }
layers { name: "d" type: DATA top: "d" top: "l" data_param { source: "x" mean_file: "m" batch_size: 2
  crop_size: 5 } }
""",
    """layers { layer { name: "d" type: "data" source: "x" meanfile: "m" batchsize: 2 scale: 0.1
  cropsize: 4 mirror: true
  } top: "data" top: "label" }
layers { name: "v" type: CONVOLUTION3D bottom: "data" top: "v" convolution_param { num_output: 2
  kernel_size: 3
  kernel_depth: 3 temporal_stride: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "v" top: "bn" param { lr_mult: 0 } param { lr_mult: 0 } }
""",
)

SOLVERS: Final = (
    """base_lr: 0.01 lr_policy: "step" gamma: 0.1 stepsize: 2 max_iter: 4 momentum: 0.9 weight_decay:
  0.0005 display: 1
random_seed: 1 solver_mode: CPU snapshot: 2 snapshot_prefix: "run" test_iter: 1 test_interval: 2 type: "SGD"
""",
    """base_lr: 0.001 lr_policy: "multistep" stepvalue: 1 stepvalue: 3 max_iter: 4 type: "Adam"
  momentum2: 0.999
delta: 1e-8 iter_size: 2 clip_gradients: 5 average_loss: 2 regularization_type: "L1" weight_decay: 0.1
""",
    """base_lr: 0.1 lr_policy: "poly" power: 0.5 max_iter: 3 solver_type: NESTEROV momentum: 0.5
  snapshot_format: HDF5
ema_param { decay: 0.9 } keep_param { last: 1 best: 1 } test_iter: 1 test_interval: 1
  test_initialization: false
""",
    """base_lr: 0.1 lr_policy: "fixed" max_iter: 2 type: "RMSProp" rms_decay: 0.9 debug_info: true
  warmup_iter: 1
non_finite_param { action: SKIP } early_stopping_param { patience: 1 } test_iter: 1 test_interval: 1
""",
)

ARGUMENTS: Final = (
    "layer[conv1].convolution_param.num_output=32",
    "net.layer[conv1,TRAIN].convolution_param.weight_filler={type: xavier}",
    "layer[0].name=x",
    "max_iter=5",
    "stepvalue=[1, 2]",
    "layer[ip1].param[1].lr_mult=0",
    'name="a b"',
    "train_net.layer[data].dummy_data_param.shape[0].dim=[1, 2, 3]",
    "state.stage=deploy",
)
