"""What a worker does of a search at once: a proposal, or also its evaluation, and so on."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from study.core.records import Evaluation, Task
from study.core.space import Configuration
from study.execution.runs import next_task
from study.methods.base import SearchContext
from study.methods.propose import Proposal, count_designed, propose
from study.methods.selection import MethodSelection
from study.problems.base import Evaluator, evaluate

Step = tuple[Proposal, Evaluation | None]
"""A proposal, and what its evaluation gave if that was made at once."""


@dataclass(frozen=True, kw_only=True)
class Pursuit:
    """How far a worker carried a search forward."""

    steps: list[Step]
    """At least one; all but the last are evaluated, or were known. Their states are left out."""
    state: bytes
    """That of the last proposal."""


def pursue(
    problem: Evaluator,
    method: MethodSelection,
    context: SearchContext,
    seed: int,
    history: Sequence[tuple[Configuration, float | None]],
    state: bytes | None,
    known: Mapping[int, float | None],
    *,
    calls: int,
    seconds: float,
) -> Pursuit:
    """Propose the next call of a search, and go on evaluating and proposing for so many seconds.

    With 0 seconds it is one proposal that somebody else evaluates. `history` has what a run tried
    so far, with scores, None for what failed; it goes on up to `calls`. `known` are the scores of
    other evaluations at the seed, by training seed, which are not made again. Raises what
    `study.methods.propose.propose` raises at the first proposal; a later one that fails is left to
    the next pursuit.
    """
    began, steps = time.monotonic(), list[Step]()
    tried = list(history)
    together = count_designed(method, context)
    while len(tried) < calls:
        scores = problem.objective.impute_failures([score for _, score in tried], together)
        configurations = [configuration for configuration, _ in tried]
        told = list(zip(configurations, scores, strict=True))
        try:
            proposal = propose(method, context, told, state)
        except Exception:
            if not steps:
                raise
            break
        state, configuration = proposal.state, proposal.configuration
        proposal = replace(proposal, state=b"")
        if not seconds or configuration not in problem.space:
            steps.append((proposal, None))
            break
        task = next_task(seed, configurations, configuration)
        if task.training_seed in known:
            evaluation, score = None, known[task.training_seed]
        else:
            evaluation = evaluate(problem, task)
            score = evaluation.score
        steps.append((proposal, evaluation))
        tried.append((configuration, score))
        if time.monotonic() - began > seconds:
            break
    return Pursuit(steps=steps, state=state or b"")


def evaluate_all(problem: Evaluator, tasks: Sequence[Task]) -> list[Evaluation]:
    """The evaluations of tasks, one after another."""
    return [evaluate(problem, task) for task in tasks]
