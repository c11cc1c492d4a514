"""The package's training against Keras `fit`: the same networks, epochs and images, one thread."""

from typing import Any

import numpy as np
import pytest

from benchmarks import tutorial_way
from study.core.space import Configuration
from study.data.dataset import Dataset
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.keras_fit import to_pixels
from study.training.network import BASELINE, DEFAULT, SPACE
from study.training.registry import make_trainer

TUTORIAL: dict[str, Configuration] = {
    "baseline": BASELINE,
    "gbrt-winner": GBRT_WINNER,
    "default": DEFAULT,
    "gp-winner-batch-32": {**GP_WINNER, "batch_size": 32},
    "gp-winner": GP_WINNER,
}
RNG = np.random.default_rng(2)
DRAWN = {f"random-{number}": SPACE.sample(RNG) for number in range(1, 5)}
NETWORKS = TUTORIAL | DRAWN


@pytest.fixture(scope="module")
def x_train(dataset: Dataset) -> np.ndarray:
    """What Keras trains on, and has trained on once before anything is timed."""
    images = to_pixels(dataset.x_train, dataset)
    tutorial_way.train(dataset, images, BASELINE, epochs=1)
    return images


@pytest.mark.parametrize("how", ["keras", "study"])
@pytest.mark.parametrize("network", NETWORKS)
def test_training(
    benchmark: Any, dataset: Dataset, x_train: np.ndarray, network: str, how: str
) -> None:
    """Both validate after each epoch."""
    configuration = NETWORKS[network]
    epochs = dataset.default_epochs
    benchmark.extra_info |= {"network": network, "how": how, "epochs": epochs}
    benchmark.extra_info["tutorial"] = network in TUTORIAL
    if how == "keras":
        accuracy = benchmark.pedantic(
            tutorial_way.train,
            args=(dataset, x_train, configuration, epochs),
            rounds=1,
            iterations=1,
        )
    else:
        trainer = make_trainer("compiled", dataset)

        def train() -> float:
            rng = np.random.default_rng(0)
            _, training = trainer.train(configuration, rng, epochs, dataset.n_fitted)
            return training.accuracies[-1]

        accuracy = benchmark.pedantic(train, rounds=1, iterations=1)
    benchmark.extra_info["validation_accuracy"] = float(accuracy)
