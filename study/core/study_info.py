"""What study.json holds: what was studied, how far it came, and who computed it."""

from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from study.core.dimension_rules import validate_dimensions
from study.core.dimensions import Choice, Dimension, including
from study.core.objective import Objective
from study.core.records import (
    CALL_COLUMNS,
    OUTCOME_COLUMNS,
    RETRAINING_COLUMNS,
    WINNER_COLUMNS,
)
from study.core.settings import Settings
from study.core.validation import MAX_NUMBER, METHOD_PATTERN, is_name, safe_repr

FORMAT: Literal[1] = 1
"""Of study.json; another number is another program's."""

Items = Literal["images", "rows"]
"""What a dataset has many of: images, or rows of a table."""
Text = Annotated[str, Meta(max_length=10_000)]
Amount = Annotated[int, Meta(ge=0, le=int(MAX_NUMBER))]
Seconds = Annotated[float, Meta(ge=0, le=MAX_NUMBER)]


def taken_by_calls(objective: Objective) -> frozenset[str]:
    """What no dimension may be called: the columns of trials.csv and winners.csv."""
    columns = {*CALL_COLUMNS, *OUTCOME_COLUMNS, *WINNER_COLUMNS}
    return _with_public_names(columns, objective)


def taken_by_tables(objective: Objective) -> frozenset[str]:
    """What no metric may be called: the columns of trials.csv and of finals.csv."""
    return taken_by_calls(objective) | _with_public_names({*RETRAINING_COLUMNS}, objective)


def _with_public_names(columns: set[str], objective: Objective) -> frozenset[str]:
    return frozenset(columns | {objective.column_name(name) for name in columns})


class ProblemWords(Struct, frozen=True, kw_only=True):
    """How tables, plots and reports speak of a problem."""

    subject: Text = "problem"
    """What its name names: a problem, or a dataset."""
    description: Text
    """What is tuned, and on what."""
    detail: Text = ""
    """What titles tell beside the name, such as the number of epochs."""
    work: Text = "evaluate"
    """What is done with a configuration."""
    judged: Text
    """How winners are judged."""
    clock: Text = ""
    """Of a simulated clock: what the seconds of evaluations are, in sentences."""


class SplitInfo(Struct, frozen=True, kw_only=True):
    """Whether the parts of labelled images, or rows, are what they should be."""

    items: Items = "images"
    fewest: dict[Text, Amount]
    """Images of the rarest class, by part: fitted, validation, test."""
    validation_in_fitted: Amount
    """Validation images that equal a fitted one."""
    test_in_training: Amount
    """Test images that equal a training image."""
    entropy: Seconds
    """Of the classes of the validation images, in nats: whatever knows nothing of the images has
    about this cross-entropy, or more."""


class ProblemInfo(Struct, frozen=True, kw_only=True):
    """What makes a problem another than the next."""

    name: Text
    fingerprint: Text
    """A checksum of its data or its code."""
    facts: dict[Text, Text | int | float] = {}
    """What else must not change while a study goes on, such as the number of epochs."""
    classes: Annotated[int, Meta(ge=2, le=int(MAX_NUMBER))] | None = None
    """Of a classifier that starts from random weights: its loss then is about ln(classes)."""
    split: SplitInfo | None = None
    """Of labelled images or rows."""
    words: ProblemWords
    objective: Objective
    space: tuple[Dimension, ...]
    default: dict[str, Choice]
    baseline: dict[str, Choice]

    def __post_init__(self) -> None:
        validate_dimensions(self.space, taken_by_calls(self.objective))
        if (count := self.classes) is not None and (type(count) is not int or count < 2):
            raise ValueError(f"its classes is {safe_repr(count)}: give a whole number from 2 on")

    @property
    def dimensions(self) -> list[str]:
        """The names of the dimensions, in order."""
        return [dimension.name for dimension in self.space]

    @property
    def table_space(self) -> tuple[Dimension, ...]:
        """The dimensions as tables have them: a baseline may lie outside the choices."""
        return tuple(including(d, self.baseline.get(d.name, d.first)) for d in self.space)


class MethodInfo(Struct, frozen=True, kw_only=True):
    """One method of a study."""

    summary: Text
    spec: Text
    """What names it on a command line."""
    uses_initial_design: bool
    fingerprint: Text
    """A checksum of its code; empty for a method of the package's own."""


class DataInfo(Struct, frozen=True, kw_only=True):
    """How the dataset or problem was named."""

    source: Text
    """Where it comes from, in words."""
    dataset: Text = ""
    target: Text = ""
    """The column of a table that holds the classes."""
    problem: Text = ""
    instead_of: Text = ""
    """The dataset that nobody named and that was unavailable, if another stands in for it."""


class Session(Struct, frozen=True, kw_only=True):
    """A process that wrote evaluations."""

    began: Text = ""
    """ISO 8601, UTC."""
    seconds: Seconds = 0.0
    """Until the last evaluation."""
    workers: Annotated[int, Meta(ge=1, le=int(MAX_NUMBER))]
    shared: bool = False
    """Whether they evaluated for other studies, too."""
    timeout: Seconds | None = None
    """What an evaluation was allowed to take."""
    cores: int | None = None
    machine: Text = ""
    python: Text = ""
    versions: dict[Text, Text] = {}


class Count(Struct, frozen=True, kw_only=True):
    """How much of something is done."""

    done: Amount
    of: Amount


class Repetition(Struct, frozen=True, kw_only=True):
    """A configuration evaluated twice at one seed: at the beginning, and after everything else."""

    first: float
    """Its score."""
    again: float


class StudyInfo(Struct, frozen=True, kw_only=True):
    """study.json.

    Raises
    ------
    ValueError
        If a method's name is none or unknown, that of a metric is none or taken, or looks do not
        rise.
    """

    format: Literal[1] = FORMAT
    finished: bool
    calls: Count
    retrainings: Count
    reevaluations: Count | None = None
    """Of the incumbents of all runs that are through, if they are traced."""
    evaluated: dict[Text, Amount]
    """Evaluations by kind."""
    metrics: list[Text] = []
    """What was measured beside values and sizes: columns of trials.csv and finals.csv."""
    settings: Settings
    methods: dict[Text, MethodInfo]
    problem: ProblemInfo
    data: DataInfo
    command: Text
    """What repeats the study."""
    errors: list[Text] = []
    """Searches that broke off."""
    repetition: Repetition | None = None
    """Of the default point; None if it was not repeated yet."""
    looks: list[Amount] = []
    """Smaller numbers of seeds at which finished results were told before."""
    retried: Amount = 0
    """Evaluations that failed once and were made again, by `--retry-failed`."""
    seconds: Seconds
    sessions: list[Session] = []

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in pairwise(self.looks)):
            raise ValueError(f"looks are {self.looks}, which do not rise")
        taken = taken_by_tables(self.problem.objective) | {*self.problem.dimensions}
        for name in self.metrics:
            if name in taken or not is_name(name) or self.metrics.count(name) > 1:
                raise ValueError(f"{name!r} cannot be a metric's name")
        for name in self.settings.methods:
            if not METHOD_PATTERN.fullmatch(name):
                raise ValueError(f"{name!r} is not a method's name")
            if name not in self.methods:
                raise ValueError(f"methods has no {name}")
