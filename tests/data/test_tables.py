"""CSV files as datasets, beside scikit-learn's own preprocessing."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from study.analysis.checks import sound_split
from study.api import compare
from study.core.errors import StudyError
from study.core.records import EvaluationKind, make_task
from study.data.dataset import Dataset, resample_split, validation_order
from study.data.sources import load_dataset
from study.data.split import count_fitted, stratified_order
from study.data.tables import load_table
from study.execution.plan import StudyRequest, make_plan
from study.problems.network import NetworkProblem
from study.report.notes import comparisons_note

N = 240


def passengers() -> pd.DataFrame:
    """Numbers, whole numbers, text and truth values, some of them missing, and a class of text."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "fare": rng.lognormal(2, 1, N),
            "age": rng.normal(35, 12, N).round(),
            "decks": rng.integers(1, 5, N),
            "port": rng.choice(["Cherbourg", "Queenstown", "Southampton, UK"], N),
            "alone": rng.random(N) < 0.6,
            "fate": rng.choice(["lost", "saved", "unknown"], N, p=[0.5, 0.4, 0.1]),
        }
    )
    frame.loc[rng.choice(N, 30, replace=False), "age"] = np.nan
    frame.loc[rng.choice(N, 12, replace=False), "port"] = None
    return frame


def write(folder: Path, frame: pd.DataFrame, **options: Any) -> Path:
    frame.to_csv(folder / "own.csv", index=False, **options)
    return folder / "own.csv"


def load(folder: Path, frame: pd.DataFrame, target: str | None = "fate", **options: Any) -> Dataset:
    return load_dataset(str(write(folder, frame, **options)), target=target)


def parts(labels: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The training rows in the order of the dataset, and the test rows."""
    codes, rng = np.unique(labels, return_inverse=True)[1], np.random.default_rng(0)
    n_test = round(len(labels) / 5)
    training, test = np.split(stratified_order(codes, n_test, rng), [len(labels) - n_test])
    return training[validation_order(codes[training], rng)], test


def columns_of(matrix: np.ndarray) -> list[list[float]]:
    """The columns of a matrix in an order of their own."""
    return sorted(np.asarray(matrix, np.float32).round(5).T.tolist())


def test_the_network_sees_what_scikit_learn_makes_of_the_columns(tmp_path: Path) -> None:
    frame = passengers()
    dataset = load(tmp_path, frame)
    training, test = parts(frame["fate"])
    fitted = training[: count_fitted(len(training))]
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), MinMaxScaler(clip=True)
    ).fit(frame.loc[fitted, ["fare", "age", "decks"]])
    kinds = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    texts = frame[["port", "alone"]].astype(object).fillna("nowhere")
    kinds.fit(texts.loc[fitted])
    for rows, x in ((training, dataset.x_train), (test, dataset.x_test)):
        theirs = [
            numbers.transform(frame.loc[rows, ["fare", "age", "decks"]]),
            kinds.transform(texts.loc[rows]),
        ]
        assert columns_of(x) == columns_of(np.hstack(theirs))
    assert dataset.x_train.dtype == np.float32
    assert dataset.source == (
        "the table own.csv, target fate; 5 columns as 10 inputs, numbers by the range of the "
        "fitted rows, clipped to it; 42 missing cells in "
        f"{int(frame.isna().any(axis=1).sum())} rows; "
        "labels 'lost', 'saved' and 'unknown' are classes 0 to 2"
    )


def test_rows_are_split_by_class_at_random_and_always_alike(tmp_path: Path) -> None:
    frame = passengers().sort_values("fate")
    dataset = load(tmp_path, frame)
    assert (len(dataset.x_train), len(dataset.x_test), dataset.n_fitted) == (192, 48, 163)
    shares = frame["fate"].value_counts(normalize=True).sort_index().to_numpy()
    validating = dataset.y_train[dataset.n_fitted :]
    for classes in (dataset.y_train, dataset.y_test, validating):
        assert np.abs(np.bincount(classes, minlength=3) - shares * len(classes)).max() < 2
    assert dataset.fingerprint() == load(tmp_path, frame).fingerprint()
    frame.loc[0, "fare"] = 1.0
    assert dataset.fingerprint() != load(tmp_path, frame).fingerprint()
    other = resample_split(dataset, 1)
    assert (len(other.x_train), len(other.x_test)) == (192, 48)
    assert not np.array_equal(other.x_test, dataset.x_test)
    assert (dataset.name, dataset.default_epochs) == ("own", 313)


@pytest.mark.parametrize("before", ["\n", "\r\n", "\ufeff\n \n"])
def test_the_separator_is_that_of_the_names(tmp_path: Path, before: str) -> None:
    frame = passengers().rename(columns={"port": "port, or so, or none, or any, or all"})
    expected = load(tmp_path, frame).fingerprint()
    path = write(tmp_path, frame, sep=";", quoting=csv.QUOTE_NONNUMERIC)
    path.write_text(before + path.read_text())
    assert load_dataset(str(path), target="fate").fingerprint() == expected


@pytest.mark.parametrize("options", [{"sep": ";"}, {"sep": "\t"}, {"encoding": "utf-8-sig"}])
def test_separators_and_byte_order_marks_change_nothing(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    frame = passengers()
    assert load(tmp_path, frame).fingerprint() == load(tmp_path, frame, **options).fingerprint()


def test_a_kind_that_is_not_fitted_is_none_of_those_that_are(tmp_path: Path) -> None:
    frame = passengers()
    _, test = parts(frame["fate"])
    frame["port"] = frame["port"].fillna("Queenstown")
    frame.loc[test[:3], "port"] = ["New York", None, "Bombay"]
    one_hot = slice(load(tmp_path, frame.drop(columns=["port", "alone"])).inputs, -2)
    dataset = load(tmp_path, frame)
    assert dataset.x_test[:, one_hot].sum(axis=1).tolist() == [0] * 3 + [1] * (len(test) - 3)


def test_what_tells_nothing_is_left_out_and_said(tmp_path: Path) -> None:
    frame = passengers().assign(ship="Titanic", empty=np.nan, year=1912, cabin=7.0)
    frame.loc[::3, "cabin"] = np.nan
    without = load(tmp_path, passengers())
    frame.loc[[5, 6], "fate"] = ["", "NA"]
    dataset = load(tmp_path, frame)
    assert dataset.inputs == without.inputs + 1  # whether there is a cabin
    assert "; constant and left out: ship, empty, year; " in dataset.source
    assert "; 2 rows without a class left out; " in dataset.source
    assert len(dataset.x_train) + len(dataset.x_test) == N - 2


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.arange(N) % 3, ""),
        ((np.arange(N) % 3).astype(float), ""),
        (np.arange(N) % 3 + 1, "; labels 1 to 3 are classes 0 to 2"),
        (np.arange(N) % 2 == 0, "; labels 'False' and 'True' are classes 0 and 1"),
        (np.array(["None", "mild", "bad"])[np.arange(N) % 3], "; labels 'None', 'bad' and 'mild'"),
    ],
)
def test_classes_are_whole_numbers_or_text(tmp_path: Path, labels: Any, words: str) -> None:
    source = load(tmp_path, passengers().assign(fate=labels)).source
    assert words in source
    assert ("label" in source) == bool(words)


SHUFFLED = np.random.default_rng(0).permutation(N)


def row_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(names="Unnamed: 0")


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    """The target, and a guess at it, under one name."""
    guess = frame["fate"].where(frame.index % 9 > 0, "unknown")
    return frame.assign(guess=guess).rename(columns={"guess": "fate"})


def comma(numbers: pd.Series) -> list[str]:
    return [f"{number:.1f}".replace(".", ",") for number in numbers.fillna(0)]


def some(numbers: pd.Series, word: str, count: int) -> pd.Series:
    """Text in place of the first numbers but as many."""
    return numbers.astype(object).where(
        (numbers.index < count) | (numbers.index >= 2 * count), word
    )


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (SHUFFLED * 3, True),  # a price, or the number of a row of a larger table
        (np.arange(N) // 2, False),
        (np.sort(np.random.default_rng(1).random(N)), False),  # measured
        (np.where(SHUFFLED < 20, "3+", SHUFFLED % 3), False),  # 8 %: a kind like the others
        (np.where(SHUFFLED < 90, "crew", SHUFFLED % 3 + 1), False),
    ],
)
def test_what_may_well_be_an_input_is_one(tmp_path: Path, column: Any, told: bool) -> None:
    source = load(tmp_path, passengers().assign(more=column)).source
    assert "6 columns as" in source
    assert ("perhaps row numbers, for each row has another whole one: more" in source) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.head(0), "it has 0 rows with a class, 50 at least are needed"),
        (lambda f: f.head(49), "it has 49 rows with a class, 50 at least are needed"),
        (lambda f: f.assign(fate=f["fare"]), "'fate' holds measured numbers, 240 different ones"),
        (lambda f: f.assign(fate=range(N)), "'fate' holds measured numbers, 240 different ones"),
        (lambda f: f.assign(fate=0.5), "'fate' holds measured numbers, 1 different ones such as 0"),
        (lambda f: f.assign(fate="lost"), "the target holds only the class 'lost'"),
        (
            lambda f: f.assign(fate=np.where(f.index < 3, "rare", f["fate"])),
            "the class 'rare' has 3 rows, 5 at least are needed",
        ),
        (
            lambda f: f.assign(name=[f"passenger {n}" for n in range(N)]),
            "column 'name' has 240 different texts in 240 rows, allowed are 120: if they name",
        ),
        (
            lambda f: f.assign(weight=[f"{n / 7:.2f} kg" for n in range(N)]),
            "as '0.00 kg' may, leave the column out of the file; if they are numbers write these",
        ),
        (row_numbers, "column 'Unnamed: 0' numbers the rows: leave it out"),
        (lambda f: f.assign(id=f.index[::-1]), "column 'id' numbers the rows: leave it out"),
        (lambda f: f.assign(id=f.index + 1.0), "column 'id' numbers the rows: leave it out"),
        (lambda f: f.assign(id=SHUFFLED), "column 'id' numbers the rows: leave it out of the file"),
        (lambda f: f.assign(id=2**64 - 1 - f.index.astype("uint64")), "column 'id' numbers"),
        (
            lambda f: row_numbers(f.assign(no=range(10, 490, 2)).drop(index=[3, 7, 20]))[::-1],
            "column 'Unnamed: 0' numbers the rows: leave it out of the file, or if it was mea",
        ),
        (
            lambda f: f.assign(no=(3.0 * f.index).where(f.index % 9 > 0)),
            "column 'no' numbers the rows: leave it out of the file, or if it was meas",
        ),
        (lambda f: f.assign(code=f["fate"].str.upper()), "column 'code' has one value for each"),
        (lambda f: f.assign(code=f["fate"].map(len) % 7), "as a copy of the target has: leave it"),
        (twice, "has 2 columns of the name fate: rename or leave out all but one"),
        (lambda f: f.assign(fare=comma(f["fare"])), "column 'fare' has '"),
        (lambda f: f.assign(age=comma(f["age"])), "in row 1 of the data: write numbers with a dec"),
        (
            lambda f: f.assign(fare=some(f["fare"].round(), "?", 5)),
            "'?' in row 6 of the data among",
        ),
        (lambda f: f.assign(decks=some(f["decks"], "n.a.", 9)), "or nothing if it is missing; if "),
        (lambda f: f.assign(fare=some(f["fare"].round(2), "?", 120)), "column 'fare' has '?' in"),
        (lambda f: f.assign(fate=some(f["decks"], "?", 9)), "column 'fate' has '?' in row 10 of"),
        (lambda f: f.assign(fate=comma(f["fare"])), "row 1 of the data: write numbers with a dec"),
        (lambda f: f[["fate"]].assign(ship="Titanic"), "no column besides the target differs"),
        (lambda f: f.rename(columns={"fate": "Fates"}), "did you mean 'Fates'? It has fare, age"),
        (lambda f: f[["fare", "alone"]], "--target fate is no column of"),
        (lambda f: f[["fare"]], "has one column, 'fare': put the names of the columns into the"),
    ],
)
def test_a_table_that_does_not_do_is_told_in_a_line(tmp_path: Path, change: Any, told: str) -> None:
    with pytest.raises(StudyError) as caught:
        load(tmp_path, change(passengers()))
    assert told in caught.value.command_line
    assert "own.csv" in caught.value.command_line
    assert "\n" not in caught.value.command_line


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xff\xfe\x00", b"a,fate\n1,2\n1,2,3,4\n", b"a,fate\n1,2,3\n4,5,6\n", b"\0\0"],
)
def test_a_file_that_is_no_table_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.csv").write_bytes(content)
    with pytest.raises(StudyError, match=r"own\.csv") as caught:
        load_table(tmp_path / "own.csv", "fate")
    assert "\n" not in caught.value.command_line


def test_a_target_and_a_table_belong_together(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"needs target: name the column .*; it has fare, age"):
        compare(dataset=write(tmp_path, passengers()))
    with pytest.raises(StudyError, match="target fate is for tables: drop it, or name one"):
        compare(dataset="digits", target="fate")
    with pytest.raises(StudyError, match="target fate is for the built-in network only"):
        compare(problem="branin", target="fate")
    with pytest.raises(StudyError, match="no such file or folder"):
        load_dataset(str(tmp_path / "nothing.csv"), target="fate")


def test_words_speak_of_rows(tmp_path: Path) -> None:
    problem = NetworkProblem(load(tmp_path, passengers()), epochs=2)
    info = problem.describe()
    assert info.words.description == (
        "192 training rows (29 of them validate), 48 test rows; 2 epochs"
    )
    assert info.facts["training_rows"] == 192
    assert "image" not in str(info)


def test_equal_rows_are_told_and_are_no_mistake(tmp_path: Path) -> None:
    frame = passengers()[["alone", "port", "fate"]]
    frame["fate"] = frame["fate"].replace("unknown", "lost")
    split = load(tmp_path, frame).split
    check = sound_split(split)
    assert check.passed
    assert "; 29 validation rows equal fitted rows; 48 test rows equal training rows" in (
        check.figures
    )


@pytest.mark.slow
def test_the_network_learns_a_table(tmp_path: Path) -> None:
    from sklearn.datasets import load_wine

    wine = load_wine(as_frame=True).frame
    request = StudyRequest(dataset=write(tmp_path, wine), target="target", epochs=60)
    problem = make_plan(request).problem
    task = make_task(EvaluationKind.TEST, 0, problem.default, 0)
    score = problem.evaluate(task).score
    assert score is not None
    assert score > 0.9


@pytest.mark.slow
def test_a_study_of_a_table_and_its_own_splits(tmp_path: Path) -> None:
    results = compare(
        dataset=write(tmp_path, passengers()),
        target="fate",
        methods=["baseline", "random"],
        seeds=2,
        calls=5,
        retrain=1,
        epochs=2,
        workers=1,
        resample_splits=True,
        output=tmp_path / "results",
    )
    assert f"--dataset {tmp_path / 'own.csv'} --target fate" in results.info.command
    assert "Each seed split the rows anew" in comparisons_note(results.info)
    assert " images" not in (tmp_path / "results" / "report.md").read_text()
