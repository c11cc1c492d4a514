"""Everything that is decided before the first evaluation of a suite."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from study.core.errors import StudyError
from study.core.formatting import pluralize
from study.core.settings import Settings
from study.core.validation import to_path
from study.data.sources import UnavailableError
from study.execution.plan import OnDownload, Plan, StudyRequest, make_plan
from study.problems import suites
from study.storage.files import require_collection_place


@dataclass(frozen=True, kw_only=True)
class SuitePlan:
    """A suite that may begin, or go on: a study per problem, in a folder each."""

    name: str
    output: Path
    """Holds the studies' folders, and their common report."""
    plans: dict[str, Plan]
    """By the name of the problem."""
    left_out: tuple[str, ...]
    """What could not be had: a line each."""

    @property
    def first(self) -> Plan:
        """Any of them: workers, scheduler, threads and timeout are the same in all."""
        return next(iter(self.plans.values()))


def make_suite_plan(
    suite: Any,
    request: StudyRequest,
    *,
    default_seeds: int = Settings.seeds,
    on_download: OnDownload | None = None,
) -> SuitePlan:
    """Check all settings, and read the data of all problems. Nothing is written yet.

    `suite` is what `study.problems.suites.get` takes.

    Raises
    ------
    StudyError
        For the first setting that is not in order, two problems of one name, or if fewer than two
        problems can be had.
    """
    if request.problem is not None or request.dataset is not None:
        other = "problem" if request.dataset is None else "dataset"
        raise StudyError(f"--suite and --{other} exclude each other: drop one of them")
    if request.start_from is not None:
        raise StudyError(
            f"--start-from {request.start_from} is for one problem, and those of a --suite have "
            "different spaces: drop it, or study the problems one by one"
        )
    name, found = suites.get(suite)
    output = to_path("--output", request.output or Path("results") / name)
    require_collection_place(output)
    requests = [
        *(replace(request, problem=problem) for problem in found.problems),
        *(replace(request, dataset=dataset) for dataset in found.datasets),
    ]
    plans, left_out = dict[str, Plan](), list[str]()
    for one in requests:
        try:
            plan = make_plan(one, default_seeds=default_seeds, on_download=on_download)
        except UnavailableError as error:
            left_out.append(f"{one.dataset}: unavailable, {error.reason}")
            continue
        problem = plan.problem.describe().name
        if problem in plans:
            raise StudyError(f"--suite {name} has two problems named {problem}: rename one")
        plans[problem] = replace(plan, output=output / plan.problem.folder)
    if len(plans) < 2:
        lines = f" ({'; '.join(left_out)})" if left_out else ""
        left = pluralize(len(plans), "problem")
        raise StudyError(f"--suite {name} leaves {left}{lines}: it takes two")
    return SuitePlan(name=name, output=output, plans=plans, left_out=tuple(left_out))
