"""Which trainers there are."""

from study.core.memory import keep_freed_memory
from study.core.settings import TRAINERS
from study.core.validation import unknown_name_error
from study.data.dataset import Dataset
from study.training.tensorflow import configure_process, import_without_gpus
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
        configure_process()  # before numba is imported
        keep_freed_memory()
        from study.training.compiled import CompiledTrainer

        return CompiledTrainer(dataset)
    if name == "keras":
        import_without_gpus()
        from study.training.keras_fit import KerasTrainer

        return KerasTrainer(dataset)
    raise unknown_name_error("trainer", name, list(TRAINERS))
