"""Which methods there are: a row each, and what other packages add as entry points.

To add one, write a class with `ask` and `tell` in a file of its own, and give it a row here.
"""

import functools
import inspect
from importlib.metadata import distributions

from study.core.environment import install_hint
from study.core.errors import StudyError
from study.core.plugins import Listing, ObjectReference, entry_point_objects
from study.core.validation import unknown_name_error
from study.methods.base import MethodSpec, method_row

GROUP = "study.methods"  # of entry points

METHODS: dict[str, MethodSpec] = {
    "baseline": method_row(
        "the baseline configuration, evaluated anew at every call",
        *("basic", "create_baseline"),
        adaptive=False,
        uses_initial_design=False,
    ),
    "random": method_row("uniform random search", "basic", "create_random", adaptive=False),
    "quasi-random": method_row(
        "scrambled Sobol points, evenly spread",
        *("quasirandom", "create_quasirandom"),
        adaptive=False,
    ),
    "gp": method_row(
        "Gaussian process, gp_hedge (EI, LCB, PI), noise 0.01, kappa 5", "skopt", "create_gp"
    ),
    "gbrt": method_row("gradient-boosted quantile trees, LCB, kappa 1.96", "skopt", "create_gbrt"),
    "forest": method_row("extremely randomised trees, EI", "skopt", "create_forest"),
    "tpe": method_row(
        "tree-structured Parzen estimator, Optuna's TPESampler",
        *("optuna", "create_tpe"),
        requires=("optuna",),
        extra="tpe",
    ),
    "cmaes": method_row(
        "CMA-ES, Optuna's CmaEsSampler; choices without an order are drawn by chance",
        *("optuna", "create_cmaes"),
        requires=("optuna", "cmaes"),
        extra="tpe",
    ),
    "optuna-gp": method_row(
        "Gaussian process, log EI, Optuna's GPSampler",
        *("optuna", "create_gp"),
        requires=("optuna", "torch", "greenlet"),
        extra="optuna",
    ),
    "hyperopt": method_row(
        "the original tree-structured Parzen estimator, hyperopt's",
        *("hyperopt", "create_hyperopt"),
        requires=("hyperopt",),
        extra="hyperopt",
    ),
    "bayes-opt": method_row(
        "Gaussian process, UCB, kappa 2.576, bayesian-optimization's",
        *("bayesopt", "create_bayes_opt"),
        requires=("bayesian-optimization",),
        extra="bayes-opt",
    ),
}


def get(name: str) -> MethodSpec:
    """The row of a method in the table.

    Raises `StudyError` with the nearest name if there is none, or with what to install.
    """
    if name not in METHODS:
        raise unknown_name_error("methods", name, [*METHODS, *entry_point_objects(GROUP)])
    spec = METHODS[name]
    if lacking := missing_packages(spec):
        raise StudyError(
            f"--methods {name!r} needs {', '.join(lacking)}, not installed here: "
            f"{install_hint(spec.extra)}"
        )
    return spec


def missing_packages(spec: MethodSpec) -> list[str]:
    """The packages that a method needs and that are not installed."""
    return [package for package in spec.requires if not any(distributions(name=package))]


@functools.cache
def spec_of_object(reference: ObjectReference) -> MethodSpec:
    """A row for somebody's own method: a class, or a function that returns an object.

    Raises `StudyError` if it is neither, or its code fails.
    """
    create = reference.load_callable()
    return MethodSpec(
        summary=(inspect.getdoc(create) or "no description").splitlines()[0].rstrip("."),
        reference=reference,
        adaptive=bool(getattr(create, "adaptive", True)),
        uses_initial_design=bool(getattr(create, "uses_initial_design", True)),
    )


def available() -> list[Listing]:
    """Every method that `--methods` knows by name."""
    rows = []
    for name, spec in METHODS.items():
        lacking = missing_packages(spec)
        install = f"; needs {', '.join(lacking)}: {install_hint(spec.extra)}" if lacking else ""
        origin = f"the extra {spec.extra}" if spec.extra else "built in"
        rows.append(Listing(name=name, origin=origin, summary=spec.summary + install))
    for name, reference in entry_point_objects(GROUP).items():
        try:
            summary = spec_of_object(reference).summary
        except StudyError as error:
            summary = error.command_line
        rows.append(Listing(name=name, origin=reference.origin, summary=summary))
    return rows
