"""Training of dense networks on sparse images in compiled code; README.md tells how and why.

It knows nothing of the rest of the package: arrays go in and come out. Importing it imports numba.
"""

from study.training.kernel.epoch import evaluate, train_epoch
from study.training.kernel.layout import (
    NetworkShape,
    State,
    allocate_batch,
    network_shape,
    pack_weights,
    prepare_images,
    unpack_weights,
)
from study.training.kernel.lazy_adam import adam_schedules

__all__ = [
    "NetworkShape",
    "State",
    "adam_schedules",
    "allocate_batch",
    "evaluate",
    "network_shape",
    "pack_weights",
    "prepare_images",
    "train_epoch",
    "unpack_weights",
]
