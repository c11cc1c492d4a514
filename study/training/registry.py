"""Which trainers there are."""

from study.core.settings import TRAINERS
from study.core.validation import unknown_name_error
from study.data.dataset import Dataset
from study.training.tensorflow import import_without_gpus
from study.training.trainer import Trainer


def make_trainer(name: str, dataset: Dataset) -> Trainer:
    """The trainer of that name, one of `study.core.settings.TRAINERS`, for a dataset.

    "compiled" trains in the package's own compiled code; "keras" by plain Keras `fit`, many times
    slower, to check the former. What it needs is imported, compiled and laid out here. Both train
    on the processor, and leave GPUs alone.

    Raises
    ------
    StudyError
        If there is no such trainer.
    """
    if name == "compiled":
        import_without_gpus()  # before numba, whose environment it prepares
        from study.training.compiled import CompiledTrainer

        return CompiledTrainer(dataset)
    if name == "keras":
        import_without_gpus()
        from study.training.keras_fit import KerasTrainer

        return KerasTrainer(dataset)
    raise unknown_name_error("trainer", name, list(TRAINERS))
