"""Which studies belong together, and what of them is shared."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from study.collection import Collection, budget_of
from study.core.errors import StudyError
from study.core.formatting import join_words, pluralize
from study.core.records import EvaluationKind
from study.core.validation import safe_repr, to_path
from study.results import Results, load
from study.storage.files import is_collection, is_study, studies_within


def combine(folders: Iterable[str | os.PathLike[str]]) -> Collection:
    """Read studies of several problems, and make one answer of them.

    Parameters
    ----------
    folders
        Results folders, or folders of such, as a suite writes them. What holds no study that has
        begun is left out, and told.

    Raises
    ------
    StudyError
        If fewer than two problems, or two methods, are left that studies share.
    """
    if isinstance(folders, str | os.PathLike) or not isinstance(folders, Iterable):
        raise StudyError(f"folders is {safe_repr(folders)}: give a list of results folders")
    paths, results, left_out = [to_path("folders", one) for one in folders], [], []
    for folder in dict.fromkeys(inner for path in paths for inner in expand(path)):
        try:
            results.append(load(folder))
        except StudyError as error:
            left_out.append(error.command_line)
    return collect(results, left_out)


def expand(folder: Path, depth: int = 2) -> list[Path]:
    """A results folder, or those within it, in alphabetical order; else the folder itself.

    Files, and what `write_collection` wrote, are nothing.
    """
    if folder.is_file() or (is_collection(folder) and not studies_within(folder)):
        return []
    if is_study(folder) or not depth:
        return [folder]
    inner = [expand(inside, depth - 1) for inside in sorted(folder.glob("*/"))]
    return [one for found in inner for one in found if is_study(one)] or [folder]


def collect(results: Sequence[Results], left_out: Sequence[str] = ()) -> Collection:
    """The studies that belong together; `left_out` are lines on what is missing already.

    Of different terms the most common ones count, of equally common ones the larger.
    """
    counts = Counter(map(terms_of, results))
    terms = max(counts, key=lambda each: (counts[each], each), default=(0, 0, 0))
    lines, studies = list(left_out), dict[str, Results]()
    for one in results:
        problem = one.info.problem.name
        if terms_of(one) != terms:
            told, common = describe_terms(*terms_of(one)), describe_terms(*terms)
            lines.append(f"{problem} ({one.folder}): {told}, in place of {common}")
        elif problem in studies:
            lines.append(f"{problem} ({one.folder}): a second study of that problem")
        else:
            studies[problem] = one
    require_two(studies, lines)
    methods, more = shared_methods(studies)
    lines += more
    seeds = {problem: complete_seeds(studies[problem], methods) for problem in sorted(studies)}
    for problem, own in seeds.items():
        if lacking := studies[problem].info.settings.seeds - len(own):
            where = f"{problem} ({studies[problem].folder})"
            what = pluralize(lacking, "seed")
            lines.append(f"{where}: {what}, at which a search broke off or is not finished")
    usable = {problem: studies[problem] for problem, own in seeds.items() if own}
    require_two(usable, lines)
    return Collection(
        studies=usable,
        methods=methods,
        seeds={problem: seeds[problem] for problem in usable},
        left_out=tuple(lines),
    )


def terms_of(results: Results) -> tuple[int, int, int]:
    """On what a study's methods were compared, which must be the same in all that are combined.

    Calls per run, how many of them are the shared design, and how many of those are points of the
    user's own: searches that are told where it is good are another comparison.
    """
    start = results.info.settings.start
    return *budget_of(results), len(start.points) if start else 0


def describe_terms(calls: int, initial: int, own: int) -> str:
    """8 calls, 3 of them initial, with 1 own point among these."""
    told = f", with {pluralize(own, 'own point')} among these" if own else ""
    return f"{pluralize(calls, 'call')}, {initial:,} of them initial{told}"


def require_two(studies: dict[str, Results], lines: Sequence[str]) -> None:
    """Raise `StudyError` for fewer than two problems; `lines` say what was left out."""
    if len(studies) < 2:
        why = f" (left out: {'; '.join(lines)})" if lines else ""
        raise StudyError(
            f"{pluralize(len(studies), 'problem')} cannot be combined{why}: name the folders of "
            "two or more problems, studied at the same budget"
        )


def complete_seeds(results: Results, methods: Sequence[str]) -> list[int]:
    """The seeds at which each of the methods made all its calls, and retrained what won.

    A run without any score has nothing to retrain.
    """
    settings = results.info.settings
    runs, finals = results.scores.runs, results.scores.finals
    tested = finals[finals["kind"] == EvaluationKind.TEST].groupby(["method", "seed"]).size()
    own = runs[runs["method"].isin(methods) & (runs["calls"] == settings.calls)]
    places = pd.MultiIndex.from_frame(own[["method", "seed"]])
    retrained = tested.reindex(places, fill_value=0).to_numpy() == settings.retrain
    done = own[retrained | own["validation_score"].isna().to_numpy()]
    counts = done.groupby("seed").size()
    return [int(seed) for seed in counts.index[counts == len(methods)]]


def shared_methods(studies: dict[str, Results]) -> tuple[tuple[str, ...], list[str]]:
    """The methods that all studies have, in the order of the first, and lines on the others.

    A method of one's own is the same if its code is.
    """
    code = {
        problem: {name: m.fingerprint or m.spec for name, m in results.info.methods.items()}
        for problem, results in studies.items()
    }
    known: dict[str, str] = {}
    for own in code.values():
        for method, source in own.items():
            known.setdefault(method, source)
    lacking = {m: [p for p, own in code.items() if own.get(m) != known[m]] for m in known}
    shared = tuple(method for method in known if not lacking[method])
    lines = [
        f"the method {method}: not, or not the same, on {join_words(problems)}"
        for method, problems in lacking.items()
        if problems
    ]
    if len(shared) < 2:
        why = f" ({'; '.join(lines)})" if lines else ""
        raise StudyError(
            f"the studies share {pluralize(len(shared), 'method')}, two are needed{why}: add the "
            "methods that are missing with study compare"
        )
    return shared, lines
