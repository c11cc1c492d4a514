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
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from study.results import read_files
from study.training.keras_fit import compiled_network, fit, start_session, to_pixels


def train(
    dataset: Dataset,
    x_train: np.ndarray,
    configuration: Configuration,
    epochs: int,
    x_test: np.ndarray | None = None,
) -> float:
    """Accuracy, 0 to 1, after Keras `fit` on the training images that are not for validation.

    On the validation images; or on the test images, if they are given, after training on all
    training images. Both are `to_pixels` of the dataset's: the tutorial prepares them once, too.
    """
    start_session()
    model = compiled_network(configuration, dataset, np.random.default_rng(0))
    images = dataset.n_fitted if x_test is None else len(x_train)
    validation = x_train[images:], dataset.y_train[images:]
    training = fit(
        model,
        x_train[:images],
        dataset.y_train[:images],
        batch_size=int(configuration["batch_size"]),
        epochs=epochs,
        validation=validation if x_test is None else None,
    )
    if x_test is None:
        return training.accuracies[-1]
    return float(model.evaluate(x_test, dataset.y_test, verbose=0)[1])


def main(folder: str, name: str) -> None:
    """Train it all."""
    from pathlib import Path

    import tensorflow as tf

    tf.constant(0)  # before `study` would tell TensorFlow to use one thread
    results, dataset = read_files(Path(folder)), load_dataset(name)
    names, epochs = results.info.problem.dimensions, int(results.info.problem.facts["epochs"])
    trained = results.trials[names].astype(object).to_dict("records")
    x_train, x_test = to_pixels(dataset.x_train, dataset), to_pixels(dataset.x_test, dataset)
    began = time.perf_counter()
    for row in trained:
        train(dataset, x_train, {str(key): value for key, value in row.items()}, epochs)
    for kind, configuration in zip(
        results.finals["kind"], results.finals["configuration"], strict=True
    ):
        train(
            dataset, x_train, json.loads(configuration), epochs, x_test if kind == "test" else None
        )
    seconds = time.perf_counter() - began + results.trials["propose_seconds"].sum()
    print(json.dumps({"seconds": seconds, "trainings": len(results.trials) + len(results.finals)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
