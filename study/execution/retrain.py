"""A winner of the built-in network, trained once more from its seed, and saved as a Keras file."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from study.core.environment import versions
from study.core.errors import StudyError, reason_of, translate_errors
from study.core.formatting import format_percent
from study.core.records import EvaluationKind, make_task
from study.core.study_info import StudyInfo
from study.core.winner import Winner
from study.data.dataset import Dataset
from study.execution.plan import OnDownload, StudyRequest, find_problem
from study.problems.network import NetworkProblem
from study.results import Results
from study.storage.files import write_atomically
from study.training.network import BASELINE, SPACE, Weights
from study.training.tensorflow import configure_process, import_without_gpus

ENDING = ".keras"


class DifferenceError(StudyError):
    """A retraining that scores otherwise than the one that was recorded."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Retrained:
    """A network with the weights of a recorded retraining."""

    dataset: Dataset
    """With the split that its study had at the seed."""
    weights: Weights
    accuracy: float
    """On the test images, 0 to 1: the recorded one."""
    repeat: int
    """Which of the retrainings it is, from 1."""


def require_keras_path(path: Path) -> Path:
    """A path that a Keras file can be saved at; raises `StudyError` if it is none."""
    if path.suffix != ENDING:
        raise StudyError(f"--save is {path}: a Keras file ends in {ENDING}")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"has no folder {path.parent}"
        raise StudyError(f"--save {path} {what}: name a file in a folder that exists")
    return path


def tunes_network(info: StudyInfo, winner: Winner) -> bool:
    """Whether a study is of the built-in network, and the winner is one of its networks."""
    known = winner.configuration in SPACE or winner.configuration == BASELINE
    return not info.data.problem and info.problem.space == SPACE.dimensions and known


def retrain(
    results: Results,
    winner: Winner,
    data_dir: Path | None = None,
    on_download: OnDownload | None = None,
) -> Retrained:
    """Train a winner as in its run's first retraining that has a score, from the recorded seed.

    Raises
    ------
    StudyError
        If there is no such retraining, or the study's data are not here or not the same.
    DifferenceError
        If the test accuracy is not the recorded one.
    """
    repeat, recorded = recorded_test(results, winner)
    configure_process(results.info.settings.threads)
    problem = find_network(results.info, data_dir, on_download)
    task = make_task(EvaluationKind.TEST, winner.seed, winner.configuration, repeat - 1)
    trainer = problem.trainer_for(task)
    weights, _ = problem.train(task, trainer)
    accuracy = trainer.test_accuracy(winner.configuration, weights)
    if accuracy != recorded:
        raise DifferenceError(
            f"retrained, {winner.method}'s winner of seed {winner.seed} has the test accuracy "
            f"{difference(accuracy, recorded, len(trainer.dataset.y_test))}; "
            f"{version_clause(results.info)}"
        )
    return Retrained(dataset=trainer.dataset, weights=weights, accuracy=accuracy, repeat=repeat)


def recorded_test(results: Results, winner: Winner) -> tuple[int, float]:
    """The first retraining of a winner's run that was tested with a score, and that score."""
    finals = results.scores.finals
    own = finals[
        (finals["method"] == winner.method)
        & (finals["seed"] == winner.seed)
        & (finals["kind"] == str(EvaluationKind.TEST))
    ].dropna(subset=["test_score"])
    if own.empty:
        raise StudyError(
            f"no retraining of {winner.method}'s winner of seed {winner.seed} has a test accuracy: "
            "there is none to hold another one to"
        )
    row = own.head(1).to_dict("records")[0]
    return row["repeat"], row["test_score"]


def find_network(
    info: StudyInfo, data_dir: Path | None, on_download: OnDownload | None
) -> NetworkProblem:
    """The problem of a study on the network, its data read again.

    Raises `StudyError` if they are not here, or not the same.
    """
    facts: Mapping[str, Any] = info.problem.facts
    request = StudyRequest(
        dataset=info.data.dataset,
        target=info.data.target or None,
        epochs=facts.get("epochs"),
        trainer=facts.get("trainer"),
        resample_splits=bool(facts.get("resample_splits")),
        data_dir=data_dir,
    )
    try:
        problem, _ = find_problem(request, on_download)
    except StudyError as error:
        raise StudyError(
            "the data of the study are needed again, paths as from where it ran: "
            f"{error.command_line}"
        ) from error
    found = problem.describe().fingerprint
    if not isinstance(problem, NetworkProblem) or found != info.problem.fingerprint:
        raise StudyError(
            f"the data of {info.data.dataset} are not those of the study (checksum {found}, "
            f"recorded {info.problem.fingerprint}): put those back"
        )
    return problem


def difference(accuracy: float, recorded: float, images: int) -> str:
    """Two accuracies on so many images that should be equal, in words."""
    apart = abs(round(images * (accuracy - recorded)))
    return (
        f"{format_percent(accuracy)}, recorded is {format_percent(recorded)}, {apart:,} of "
        f"{images:,} test images apart, so that nothing was saved"
    )


def version_clause(info: StudyInfo) -> str:
    """Which packages are not those of the study's last session, or what else may differ."""
    recorded, here = info.sessions[-1].versions if info.sessions else {}, versions()
    differing = [
        f"{name} {here[name]} (recorded {version})"
        for name, version in recorded.items()
        if here.get(name, version) != version
    ]
    if differing:
        return f"here are {', '.join(differing)}"
    return "versions are the recorded ones: another processor gives other last digits, too"


def save_keras(retrained: Retrained, winner: Winner, path: Path) -> Path:
    """Save a network as a Keras file, and hold what is loaded from it to its accuracy.

    Raises
    ------
    StudyError
        If the file cannot be written.
    DifferenceError
        If Keras finds another accuracy on the test images; nothing is saved then.
    """
    import_without_gpus()
    import keras

    from study.training.keras_fit import compiled_network, to_pixels

    data = retrained.dataset
    model = compiled_network(winner.configuration, data, np.random.default_rng(0))
    model.set_weights(retrained.weights)
    model.optimizer.build(model.trainable_variables)  # else loading warns that it has no state

    def save_and_check(file: Path) -> None:
        with warnings.catch_warnings(), translate_errors(OSError, cannot_be_saved):
            # TensorFlow's variables do not know numpy 2's `copy` yet.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(file)
        loaded = keras.saving.load_model(file)
        scores = loaded.evaluate(
            to_pixels(data.x_test, data), data.y_test, verbose=0, return_dict=True
        )
        accuracy = round(scores["accuracy"] * len(data.y_test)) / len(data.y_test)
        if accuracy != retrained.accuracy:
            raise DifferenceError(
                "the Keras model of these weights has the test accuracy "
                f"{difference(accuracy, retrained.accuracy, len(data.y_test))}"
            )

    def cannot_be_saved(error: OSError) -> str:
        reason = reason_of(error, with_path=False)
        return f"--save {path} cannot be written ({reason}): name another place"

    return write_atomically(path, save_and_check)
