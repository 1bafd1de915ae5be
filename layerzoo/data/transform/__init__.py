"""The transform pipeline: what is done to images between a file and a blob, as a list of steps.

Every source of images builds its pipeline from the same steps, see `Pipeline`; a step of one's own is a
module in `layerzoo.data.transform.steps`, see `layerzoo.data.transform.step`.
"""

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.pipeline import Pipeline, transform_steps
from layerzoo.data.transform.step import STEPS, ImageStep, Step, step

__all__ = ["STEPS", "Batch", "ImageStep", "Pipeline", "Step", "step", "transform_steps"]
