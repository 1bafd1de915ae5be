"""The transform pipeline: the steps that turn image files into blobs.

Every source of images builds its `Pipeline` from the same steps. To add a step, write a module in
`layerzoo.data.transform.steps`, see `layerzoo.data.transform.step`.
"""

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.pipeline import Pipeline, transform_steps
from layerzoo.data.transform.step import STEPS, ImageStep, Step, step

__all__ = ["STEPS", "Batch", "ImageStep", "Pipeline", "Step", "step", "transform_steps"]
