"""The tutorial's experiment again, from fresh weights, and as its log shows that it was run."""

import math
import time
from typing import Any

import numpy as np
import pandas as pd

from study.core.records import Evaluation, EvaluationKind, Status, Task, make_task
from study.core.settings import Settings
from study.execution.progress import ExtraEvaluation
from study.problems.network import NetworkProblem
from study.replication import claims
from study.replication.claims import TRIED, claim_frame
from study.results import Results
from study.storage.csv import write_table
from study.storage.files import LEDGER
from study.storage.ledger import Ledger
from study.training import network
from study.training.compiled import CompiledTrainer

LEAK_EPOCHS = 36  # of the default network, to the training loss at which the log begins
FRESH_SEEDS = 3  # at most: how often each of the 24 settings is trained from fresh weights
STEP_SECONDS = 0.4e-3  # of the default network

# Which network each claim about one is measured on, and how it is trained.
NETWORKS = {
    "C1": (EvaluationKind.CLAIM_FITTED, network.BASELINE),
    "C3": (EvaluationKind.CLAIM, claims.GP_WINNER),
    "C3 call": (EvaluationKind.CLAIM, claims.GP_WINNER_AS_CALLED),
    "C4": (EvaluationKind.CLAIM, claims.GBRT_WINNER),
    "C4 call": (EvaluationKind.CLAIM, claims.GBRT_WINNER_AS_CALLED),
}
LEAK_TASK = make_task(EvaluationKind.LEAK, 0, network.DEFAULT, 0)


def write_claims(results: Results) -> None:
    """Write claims.csv and leak.csv beside the results of the searches.

    Raises `StudyError` if they cannot be written.
    """
    folder, seeds = results.folder, results.info.settings.seeds
    with Ledger(folder / LEDGER, create=False) as ledger:
        done = ledger.evaluations()
    write_table(measured_claims(results, done, seeds), folder / "claims.csv")
    write_table(leak_frame(done, seeds), folder / "leak.csv")


def extras(settings: Settings) -> list[ExtraEvaluation]:
    """Every evaluation that the claims need beyond the two searches."""
    steps = sum(_steps(configuration) for _, configuration, _ in TRIED)
    one_network = ExtraEvaluation(
        name="one network trained on and on",
        task=LEAK_TASK,
        evaluate=leak,
        seconds=(steps + LEAK_EPOCHS * _steps(network.DEFAULT) / 3) * STEP_SECONDS,
    )
    claimed = [
        ExtraEvaluation(
            name=f"claim {name} seed {seed}", task=make_task(kind, seed, configuration, 0)
        )
        for seed in settings.seed_numbers
        for name, (kind, configuration) in NETWORKS.items()
    ]
    fresh = [
        ExtraEvaluation(name=f"trial {number} from fresh weights, seed {seed}", task=wanted)
        for seed in range(min(settings.seeds, FRESH_SEEDS))
        for number, wanted in enumerate(_fresh(seed), 1)
    ]
    return [one_network, *claimed, *fresh]


def _steps(configuration: dict[str, Any]) -> int:
    """Steps of three epochs on 51,000 images."""
    return 3 * math.ceil(51_000 / int(configuration["batch_size"]))


def _fresh(seed: int) -> list[Task]:
    """The tutorial's trials as they should have been; what it tried twice is trained twice."""
    configurations = [configuration for _, configuration, _ in TRIED]
    return [
        make_task(
            EvaluationKind.VALIDATION,
            seed,
            configuration,
            configurations[:number].count(configuration),
        )
        for number, configuration in enumerate(configurations)
    ]


def leak(problem: NetworkProblem, wanted: Task) -> Evaluation:
    """Train one network through all 24 trials of the tutorial, as its log shows that it was.

    The default network, first trained until its training loss is where the log begins; then for
    every trial `problem.epochs` more, with the batch size of its settings and nothing else of
    them. Adam's moments start anew with each trial, the decay goes on. `accuracies` and `losses`
    of the evaluation have an entry per trial: validation accuracy and training loss at its end;
    the first ones are those before any trial.
    """
    began = time.perf_counter()
    trainer, images = CompiledTrainer(problem.dataset), problem.dataset.n_fitted
    rng = np.random.default_rng(wanted.training_seed)
    weights, training = trainer.train(wanted.configuration, rng, LEAK_EPOCHS, images)
    initial, before = training.initial_loss, LEAK_EPOCHS * _steps(wanted.configuration) // 3
    ends = [(training.accuracies[-1], training.losses[-1])]
    for _, configuration, _ in TRIED:
        settings = {**wanted.configuration, "batch_size": configuration["batch_size"]}
        weights, training = trainer.train_on(
            weights, settings, rng, problem.epochs, images, steps_before=before
        )
        before += _steps(settings)
        ends.append((training.accuracies[-1], training.losses[-1]))
    return Evaluation(
        status=Status.OK,
        score=ends[-1][0],
        size=sum(array.size for array in weights),
        initial_loss=initial,
        losses=tuple(loss for _, loss in ends),
        accuracies=tuple(accuracy for accuracy, _ in ends),
        seconds=time.perf_counter() - began,
    )


def leak_frame(done: dict[str, tuple[Task, Evaluation]], seeds: int) -> pd.DataFrame:
    """A row per trial of the tutorial and seed.

    Columns: trial (1 to 24), search, seed, printed (the validation accuracy in the tutorial's
    table), continued (of one network trained on and on; the same at every seed), fresh (of the
    settings from fresh weights), all in percent; then the settings.
    """
    continued = done[LEAK_TASK.key][1].accuracies[1:]
    rows = []
    for seed in range(min(seeds, FRESH_SEEDS)):
        for number, wanted in enumerate(_fresh(seed)):
            search, configuration, printed = TRIED[number]
            fresh = done[wanted.key][1].score
            row = {
                "trial": number + 1,
                "search": search,
                "seed": seed,
                "printed": printed,
                "continued": 100 * continued[number] if continued else math.nan,
                "fresh": math.nan if fresh is None else 100 * fresh,
            }
            rows.append(row | configuration)
    return pd.DataFrame(rows)


def measured_claims(
    results: Results, done: dict[str, tuple[Task, Evaluation]], seeds: int
) -> pd.DataFrame:
    """The claims against what was measured; see `study.replication.claims.claim_frame`."""
    measured: dict[str, list[float]] = {}
    parameters: dict[str, int] = {}
    for name, (kind, configuration) in NETWORKS.items():
        outcomes = [done[make_task(kind, seed, configuration, 0).key][1] for seed in range(seeds)]
        measured[name] = [100 * o.score for o in outcomes if o.score is not None]
        parameters |= {name: int(outcomes[0].size)} if outcomes[0].size else {}
    runs = results.scores.runs
    found = (runs["validation_score"][runs["method"] == "gp"] * 100).dropna().tolist()
    measured |= {"C2": found, "C2 log": found}
    if len(measured["C3"]) == len(measured["C4"]):
        measured["C5"] = [b - a for a, b in zip(measured["C3"], measured["C4"], strict=True)]
    return claim_frame(measured, parameters, smallest_number_of_calls())


def smallest_number_of_calls() -> int:
    """The fewest calls that `gp_minimize` accepts as the tutorial calls it, found by trying."""
    from skopt import gp_minimize

    for calls in range(1, claims.CALLS + 1):
        try:
            gp_minimize(
                lambda point: point[0],
                [(0.0, 1.0)],
                n_calls=calls,
                x0=[0.5],
                noise=0.01,
                kappa=5,
                random_state=0,
            )
        except ValueError:
            continue
        return calls
    return claims.CALLS
