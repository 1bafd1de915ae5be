"""Jobs: commands of the command line that run as processes of their own, one folder a job."""

from layerzoo.studio.jobs.job import Job, State
from layerzoo.studio.jobs.machine import Gpu, gpus, memory
from layerzoo.studio.jobs.order import Order
from layerzoo.studio.jobs.queue import Queue
from layerzoo.studio.jobs.schedule import Limits

__all__ = ["Gpu", "Job", "Limits", "Order", "Queue", "State", "gpus", "memory"]
