"""Whether what a results folder holds is in order, before anything is computed or shown of it.

A folder may come from anybody. What is accepted here can be summarised, drawn and reported; what is
not is told with the place where it stands.
"""

import json
import math
from typing import Any, TypeVar

import msgspec
import pandas as pd

from study.core.dimension_rules import allowed_outside
from study.core.dimensions import Listed
from study.core.errors import to_plain_line
from study.core.objective import Objective
from study.core.records import RETRAINING_KINDS, Status
from study.core.space import parse
from study.core.study_info import FORMAT, StudyInfo
from study.core.validation import MAX_NUMBER

SCORES = ("validation_score", "incumbent_score", "test_score")
SECONDS = ("propose_seconds", "train_seconds", "elapsed_seconds")
MAY_LACK = {*SCORES, "size", "initial_loss"}

T = TypeVar("T")
Range = tuple[float, float]


def decode_info(content: bytes) -> StudyInfo:
    """study.json as typed records, every text in it one plain line.

    Raises
    ------
    ValueError
        If it is not JSON, of another format, or something in it is not in order; the message names
        the place.
    """
    # Not msgspec's own decoder, which refuses half a surrogate pair: it is a text like another.
    raw = to_plain_texts(json.loads(content, parse_constant=_refuse_constant))
    if not isinstance(raw, dict):
        raise ValueError("study.json has no entries")
    written = raw.get("format")
    if written != FORMAT:
        known = f"this program reads {FORMAT}"
        if "format" not in raw:
            raise ValueError(f"study.json has no format, an older study wrote it; {known}")
        raise ValueError(f"study.json has format {written!r}; {known}")
    return convert(raw, StudyInfo, "study.json")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"study.json holds {name}, which is not a number")


def convert(raw: Any, kind: type[T], name: str) -> T:
    """A value as JSON has it as a typed record; raises ValueError naming the place."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`$", f"`{name}")) from error


def to_plain_texts(value: Any) -> Any:
    """What a JSON file held, every text in it made one plain line."""
    if isinstance(value, str):
        return to_plain_line(value)
    if isinstance(value, list):
        return [to_plain_texts(item) for item in value]
    if isinstance(value, dict):
        return {to_plain_line(str(key)): to_plain_texts(item) for key, item in value.items()}
    return value


def validate_frames(
    trials: pd.DataFrame, finals: pd.DataFrame, trace: pd.DataFrame, info: StudyInfo
) -> None:
    """Raise ValueError unless the tables of a study are in order and fit study.json."""
    may_lack = MAY_LACK | set(info.metrics)
    traced = info.reevaluations.done if info.reevaluations else 0
    if (len(trials), len(finals), len(trace)) != (info.calls.done, info.retrainings.done, traced):
        raise ValueError(
            "trials.csv, finals.csv or trace.csv has more or fewer rows than study.json says"
        )
    _validate_frame(
        *("trials.csv", trials, ["method", "seed", "call"]),
        {"method": info.settings.methods, "phase": ("initial", "search"), "status": tuple(Status)},
        _ranges(info) | {"call": (1, info.settings.calls)},
        may_lack,
    )
    _validate_frame(
        *("finals.csv", finals, ["method", "seed", "kind", "repeat"]),
        {"method": info.settings.methods, "kind": RETRAINING_KINDS, "status": tuple(Status)},
        _ranges(info) | {"repeat": (1, info.settings.retrain)},
        may_lack,
    )
    _validate_frame(
        *("trace.csv", trace, ["method", "seed", "call", "repeat"]),
        {"method": info.settings.methods, "status": tuple(Status)},
        _ranges(info) | {"call": (1, info.settings.calls), "repeat": (1, info.settings.retrain)},
        may_lack,
    )
    for text in finals["configuration"]:
        parse(text)


def _ranges(info: StudyInfo) -> dict[str, Range]:
    """What the numbers of a column can be; of others anything that is not huge."""
    scores = dict.fromkeys(SCORES, _score_range(info.problem.objective))
    numbers = {d.name: allowed_outside(d) for d in info.problem.space if not isinstance(d, Listed)}
    return {
        "seed": (info.settings.seed_numbers[0], info.settings.seed_numbers[-1]),
        "initial_loss": (-math.inf, math.inf),
        **dict.fromkeys(SECONDS, (0, MAX_NUMBER)),
        **scores,
        **numbers,
    }


def _score_range(objective: Objective) -> Range:
    if not objective.percent:
        return -MAX_NUMBER, MAX_NUMBER
    if objective.optimum is not None:
        return -1.0, 1.0  # a noisy value can lie beyond the optimum
    return (0.0, 1.0) if objective.sign > 0 else (-1.0, 0.0)


def _validate_frame(
    file: str,
    frame: pd.DataFrame,
    key: list[str],
    words: dict[str, tuple[str, ...]],
    ranges: dict[str, Range],
    may_lack: set[str],
) -> None:
    if frame.duplicated(key).any():
        raise ValueError(f"{file} has two rows of one {', '.join(key)}")
    for name in frame.columns:
        column = frame[name]
        if name in words:
            valid = column.isin(words[name])
        elif not pd.api.types.is_numeric_dtype(column):
            valid = column.notna()
        else:
            low, high = ranges.get(name, (-MAX_NUMBER, MAX_NUMBER))
            valid = column.between(low, high) | (column.isna() & (name in may_lack))
        wrong = column[~valid.fillna(value=False).astype(bool)]
        if not wrong.empty:
            raise ValueError(f"{file} has a {name} that cannot be: {wrong.head(1).tolist()}")
