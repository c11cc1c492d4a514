"""Whether what a results folder holds is in order, before anything is computed or shown of it.

A folder may come from anybody. What is accepted here can be summarised, drawn and reported;
what is not is told with the place where it stands.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.core.errors import plain
from study.core.objective import Objective
from study.core.records import HUGE, Part, Status
from study.core.settings import METHOD, NAME, Settings
from study.replication.claims import COLUMNS
from study.storage.frames import TRIALS

TINY = 1e-100  # what stands on a logarithmic axis
TEXT_AT_MOST = 10_000  # signs
SCORES = ("validation_score", "incumbent_score", "test_score")
SECONDS = ("propose_seconds", "train_seconds", "elapsed_seconds")
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(SECONDS, (0, HUGE)),
    "initial_loss": (-math.inf, math.inf),
}
MAY_LACK = {*SCORES, "cost", "initial_loss"}


@dataclass(frozen=True)
class Kind:
    """Values of one kind, in words, and how to tell them."""

    words: str
    holds: Callable[[Any], bool]


def _number(value: Any) -> bool:
    return type(value) in (int, float) and -HUGE <= value <= HUGE


TEXT = Kind("a text", lambda value: isinstance(value, str) and len(value) <= TEXT_AT_MOST)
NAMED = Kind("a name", lambda value: isinstance(value, str) and bool(NAME.fullmatch(value)))
METHOD_NAME = Kind(
    "a method's name", lambda value: isinstance(value, str) and bool(METHOD.fullmatch(value))
)
PLAIN = Kind("a text", lambda value: TEXT.holds(value) and value.isprintable())
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number", _number)
COUNT = Kind("a count", lambda value: type(value) is int and 0 <= value <= HUGE)
POSITIVE = Kind("a count from 1", lambda value: type(value) is int and 1 <= value <= HUGE)
CLASSES = Kind("a count from 2", lambda value: type(value) is int and 2 <= value <= HUGE)
KNOWN_OR_NOT = Kind("a number or null", lambda value: value is None or _number(value))
COST = Kind("a name", lambda value: value == "" or NAMED.holds(value))
FACT = Kind("a text or a number", lambda value: TEXT.holds(value) or _number(value))


@dataclass(frozen=True)
class Maybe:
    """An entry that may be missing."""

    shape: Any


# A dictionary lists the entries that must be there; `str` stands for any other name, a list of
# one for as many as there are.
PROGRESS = {"done": COUNT, "of": COUNT}
SESSION = {
    "workers": POSITIVE,
    "machine": Maybe(FACT),
    "cores": Maybe(FACT),
    "python": Maybe(FACT),
    "versions": Maybe({str: TEXT}),
}
ABOUT_METHOD = {**dict.fromkeys(("summary", "typed", "fingerprint"), TEXT), "designed": FLAG}
OBJECTIVE = {
    "name": NAMED,
    **dict.fromkeys(("maximise", "percent", "tested"), FLAG),
    **dict.fromkeys(("optimum", "worst"), KNOWN_OR_NOT),
    "cost": COST,
    "margin": NUMBER,
}
INFO = {
    "finished": FLAG,
    "calls": PROGRESS,
    "retrainings": PROGRESS,
    "evaluated": {str: COUNT},
    "settings": {
        **dict.fromkeys(("seeds", "calls", "initial_points", "retrain"), POSITIVE),
        "margin": NUMBER,
        "methods": [METHOD_NAME],
    },
    "methods": {str: ABOUT_METHOD},
    "problem": {
        "name": TEXT,
        "fingerprint": TEXT,
        "objective": OBJECTIVE,
        "space": [{"kind": NAMED, "name": NAMED}],
    },
    "data": {"source": TEXT, "instead_of": Maybe(TEXT)},
    "command": TEXT,
    "errors": [TEXT],
    "seconds": NUMBER,
    "sessions": [SESSION],
}
NETWORK = {
    "dataset": TEXT,
    "training_images": COUNT,
    "validation_images": COUNT,
    "test_images": COUNT,
    "classes": CLASSES,
    "epochs": POSITIVE,
}
"""What the problem has besides if it is a network."""
DIMENSIONS = {
    "real": {"low": NUMBER, "high": NUMBER, "log": Maybe(FLAG)},
    "integer": {"low": NUMBER, "high": NUMBER},
    "categorical": {"choices": [NAMED]},
}


def cleaned(value: Any) -> Any:
    """What a JSON file held, every text in it made `plain`."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): cleaned(item) for key, item in value.items()}
    return value


def inspect(value: Any, shape: Any, place: str) -> None:
    """Raise ValueError, naming the place, unless a value has a shape such as `INFO`."""
    if isinstance(shape, Kind):
        _require(shape.holds(value), f"{place} is not {shape.words}")
    elif isinstance(shape, list):
        _require(isinstance(value, list), f"{place} is not a list")
        for number, item in enumerate(value):
            inspect(item, shape[0], f"{place} {number}")
    else:
        _require(isinstance(value, dict), f"{place} has no entries")
        for name, expected in shape.items():
            _inspect_entry(value, name, expected, place)
        for name in value.keys() - shape.keys() if str in shape else ():
            inspect(value[name], shape[str], f"{place} {name}")


def _inspect_entry(value: dict[str, Any], name: Any, expected: Any, place: str) -> None:
    if name in value:
        inspect(value[name], getattr(expected, "shape", expected), f"{place} {name}")
    else:
        _require(name is str or isinstance(expected, Maybe), f"{place} has no {name}")


def _require(right: bool, wrong: str) -> None:
    if not right:
        raise ValueError(wrong)


def inspect_info(info: Any) -> None:
    """Raise ValueError unless study.json is in order."""
    inspect(info, INFO, "study.json")
    Settings(**info["settings"])
    problem = info["problem"]
    Objective(**problem["objective"])
    if is_network(problem):
        inspect(problem, NETWORK, "study.json problem")
    inspect_space(problem["space"], "study.json problem space")


def is_network(problem: dict[str, Any]) -> bool:
    """Whether a study's problem, as study.json describes it, is the network on images."""
    return "dataset" in problem


def inspect_space(space: list[dict[str, Any]], place: str) -> None:
    """Raise ValueError unless a space as `Space.describe` gives it is in order."""
    inspect(space, [{"kind": NAMED, "name": NAMED}], place)
    names = [dimension["name"] for dimension in space]
    taken = [name for name in names if names.count(name) > 1 or name in TRIALS]
    _require(bool(names), f"{place} is empty")
    _require(not taken, f"{place}: {', '.join(taken)} cannot be a dimension")
    for dimension in space:
        _inspect_dimension(dimension, f"{place} {dimension['name']}")


def _inspect_dimension(dimension: dict[str, Any], place: str) -> None:
    kind = dimension["kind"]
    _require(kind in DIMENSIONS, f"{place} is of no known kind")
    inspect(dimension, DIMENSIONS[kind], place)
    if kind == "categorical":
        _require(bool(dimension["choices"]), f"{place} has no choices")
    else:
        low = TINY if dimension.get("log") else -HUGE
        _require(low <= dimension["low"] <= dimension["high"], f"{place} has no such range")


def inspect_frames(trials: pd.DataFrame, finals: pd.DataFrame, info: dict[str, Any]) -> None:
    """Raise ValueError unless trials.csv and finals.csv are in order and fit study.json."""
    _require(
        (len(trials), len(finals)) == (info["calls"]["done"], info["retrainings"]["done"]),
        "trials.csv or finals.csv has more or fewer rows than study.json says",
    )
    for file, frame, key in (
        ("trials.csv", trials, ["method", "seed", "call"]),
        ("finals.csv", finals, ["method", "seed", "part", "repeat"]),
    ):
        _require(not frame.duplicated(key).any(), f"{file} has two rows of one {', '.join(key)}")
        _inspect_columns(frame, file, info)
    for text in finals["configuration"]:
        _require(isinstance(json.loads(text), dict), "finals.csv has a configuration that is none")


def _inspect_columns(frame: pd.DataFrame, file: str, info: dict[str, Any]) -> None:
    settings = info["settings"]
    words = {
        "method": settings["methods"],
        "phase": ["initial", "search"],
        "part": [Part.TEST, Part.REMEASURED],
        "status": list(Status),
    }
    ranges: dict[str, tuple[float, float]] = {
        "seed": (0, settings["seeds"] - 1),
        "call": (1, settings["calls"]),
        "repeat": (1, settings["retrain"]),
        **RANGES,
        **dict.fromkeys(SCORES, _score_range(info["problem"]["objective"])),
        **{d["name"]: (TINY, HUGE) for d in info["problem"]["space"] if d.get("log")},
    }
    for name in frame.columns:
        column = frame[name]
        if name in words:
            right = column.isin(words[name])
        elif not pd.api.types.is_numeric_dtype(column):
            right = column.notna()
        else:
            low, high = ranges.get(name, (-HUGE, HUGE))
            right = column.between(low, high) | (column.isna() & (name in MAY_LACK))
        wrong = column[~right.fillna(value=False).astype(bool)]
        _require(wrong.empty, f"{file} has a {name} that cannot be: {wrong.head(1).tolist()}")


def _score_range(objective: dict[str, Any]) -> tuple[float, float]:
    if not objective["percent"]:
        return -HUGE, HUGE
    return (0.0, 1.0) if Objective(**objective).sign > 0 else (-1.0, 0.0)


def inspect_claims(claims: pd.DataFrame, leak: pd.DataFrame) -> None:
    """Raise ValueError unless claims.csv and leak.csv are in order."""
    words = {"claim": NAMED, "text": PLAIN, "unit": PLAIN, "verdict": NAMED}
    percent = dict.fromkeys(("printed", "continued", "fresh"), (0.0, 100.0))
    for file, frame, texts, numbers in (
        ("claims.csv", claims, words, {c: (-HUGE, HUGE) for c in COLUMNS if c not in words}),
        ("leak.csv", leak, {"search": NAMED}, {"trial": (1.0, 1000.0), **percent}),
    ):
        missing = (texts.keys() | numbers.keys()) - set(frame.columns)
        _require(not missing, f"{file} lacks {', '.join(sorted(missing))}")
        for name, kind in texts.items():
            _require(all(map(kind.holds, frame[name])), f"{file}: {name} is not {kind.words}")
        for name, (low, high) in numbers.items():
            column = frame[name]
            _require(pd.api.types.is_numeric_dtype(column), f"{file}: {name} is not a number")
            inside = bool(column.dropna().between(low, high).all())
            _require(inside, f"{file}: {name} is not from {low:g} to {high:g}")
    named = list(claims["claim"][claims["claimed_parameters"].notna()])
    _require(named.count("C3") == 1, "claims.csv lacks claim C3")
    whole = leak[["trial", "printed"]].notna().all(axis=None)
    _require(bool(whole), "leak.csv lacks what was printed, or for which trial")
