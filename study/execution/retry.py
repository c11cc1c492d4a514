"""What failed in an earlier session, taken back so that it is evaluated again."""

from collections.abc import Mapping

from study.core.records import RETRIED
from study.methods.selection import MethodSelection
from study.storage.ledger import Ledger


def forget_failed(ledger: Ledger, methods: Mapping[str, MethodSelection]) -> int:
    """Remove evaluations that failed or took too long, and what followed from them; how many.

    What a search proposed after a failure rested on it, so that these calls are proposed again; the
    winner of such a run may be another one. Evaluations that succeeded stay, and are not repeated.
    """
    done = ledger.evaluations()
    failed = {key for key, (_, evaluation) in done.items() if evaluation.status in RETRIED}
    if not failed:
        return 0
    trials = ledger.trials(done)
    first: dict[tuple[str, int], int] = {}
    for trial in trials:
        if trial.task.key in failed:
            run = trial.method, trial.seed
            first[run] = min(trial.call, first.get(run, trial.call))
    adaptive = {name: method.method_spec.adaptive for name, method in methods.items()}
    ledger.forget(
        evaluations=[(key,) for key in failed],
        trials=[
            (t.method, t.seed, t.call)
            for t in trials
            if t.task.key in failed
            or (adaptive[t.method] and t.call > first.get((t.method, t.seed), t.call))
        ],
        finals=[
            (f.method, f.seed, str(f.task.kind), f.repeat)
            for f in ledger.finals(done)
            if f.task.key in failed or (f.method, f.seed) in first
        ],
    )
    ledger.write(retried=(ledger.read("retried", int) or 0) + len(failed))
    return len(failed)
