"""Train what a study trained the way the tutorial does, and print how many seconds that took.

    python benchmarks/tutorial_way.py STUDY_FOLDER DATASET

Every call of every run and every retraining of its winner, one after the other, with Keras `fit` on
as many threads as TensorFlow likes; nothing is shared. Proposing is not repeated: the study's own
seconds for it are added.
"""

import json
import sys
import time

import numpy as np

from study.core.space import Configuration
from study.data.sources import Dataset, load_dataset
from study.results import read_files
from study.training.network import build


def pixels(images: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Images as Keras trains on them, numbers from 0 to 1. The tutorial prepares them once, too."""
    return images.astype("float32") * np.float32(dataset.scale)


def fit(
    dataset: Dataset,
    x_train: np.ndarray,
    configuration: Configuration,
    epochs: int,
    x_test: np.ndarray | None = None,
) -> float:
    """Accuracy after Keras `fit` on the `pixels` of the training images, with Keras 2's decay.

    On the validation images, in batches of the size that is trained in, as `fit` does unless told
    otherwise; or on those of the test images, if they are given, after training on all others.
    """
    import keras

    class Decay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: object) -> object:
            rate, decay = configuration["learning_rate"], configuration["adam_decay"]
            return float(rate) / (1 + float(decay) * keras.ops.cast(step, "float32"))

    keras.backend.clear_session()
    model = build(configuration, dataset.inputs, dataset.classes, np.random.default_rng(0))
    adam = keras.optimizers.Adam(Decay())
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x_train,
        dataset.y_train,
        batch_size=int(configuration["batch_size"]),
        epochs=epochs,
        validation_split=0.15 if x_test is None else 0.0,
        verbose=0,
    )
    if x_test is None:
        return float(history.history["val_accuracy"][-1])
    return float(model.evaluate(x_test, dataset.y_test, verbose=0)[1])


def main(folder: str, name: str) -> None:
    """Train it all."""
    from pathlib import Path

    import tensorflow as tf

    tf.constant(0)  # before `study` would tell TensorFlow to use one thread
    results, dataset = read_files(Path(folder)), load_dataset(name)
    names = [dimension["name"] for dimension in results.info["problem"]["space"]]
    epochs = results.info["problem"]["epochs"]
    trained = results.trials[names].astype(object).to_dict("records")
    x_train, x_test = pixels(dataset.x_train, dataset), pixels(dataset.x_test, dataset)
    began = time.perf_counter()
    for row in trained:
        fit(dataset, x_train, {str(key): value for key, value in row.items()}, epochs)
    for part, configuration in zip(
        results.finals["part"], results.finals["configuration"], strict=True
    ):
        fit(dataset, x_train, json.loads(configuration), epochs, x_test if part == "test" else None)
    seconds = time.perf_counter() - began + results.trials["propose_seconds"].sum()
    print(json.dumps({"seconds": seconds, "trainings": len(results.trials) + len(results.finals)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
