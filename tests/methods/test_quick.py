"""The quick way of proposing is scikit-optimize's own, to the last bit."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from skopt import Optimizer
from skopt.acquisition import _gaussian_acquisition, gaussian_acquisition_1D
from skopt.learning.gaussian_process.kernels import WhiteKernel
from skopt.space import Space as LibrarySpace
from skopt.utils import cook_estimator, normalize_dimensions

from study.core.dimensions import Categorical, Integer, Ordinal, Real
from study.core.records import make_rng
from study.core.space import Configuration, Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.quick import check, covariance, quadratic
from study.methods.quick.acquisition import Acquisition
from study.methods.quick.candidates import draw_candidates
from study.methods.quick.choice import Surrogate, surrogate_of
from study.methods.quick.posterior import Likelihood, fit_posterior
from study.methods.selection import parse_method
from study.methods.skopt import to_skopt_dimensions
from study.training.network import BASELINE, SPACE

pytestmark = pytest.mark.filterwarnings("ignore:The objective has been evaluated")

History = list[tuple[Configuration, float]]

SPACES = {
    "tutorial": SPACE,
    "one real": Space((Real(name="x", low=-1.0, high=2.0),)),
    "one choice": Space((Categorical(name="a", choices=("p", "q", "r")),)),
    "logarithms": Space(
        (Real(name="x", low=1e-5, high=1.0, log=True), Integer(name="n", low=1, high=900, log=True))
    ),
    "choices": Space(
        (
            Categorical(name="a", choices=tuple("pqrstuvwx")),
            Categorical(name="b", choices=("yes", "no")),
            Categorical(name="c", choices=(1, 2.5, None)),
        )
    ),
    "mixed": Space(
        (
            Real(name="x", low=0.0, high=1.0),
            Real(name="share", low=0.1, high=0.9, prior="logit"),
            Categorical(name="a", choices=tuple("pqrstuvwx")),
            Ordinal(name="o", choices=(8, 16, 32)),
            Integer(name="n", low=-3, high=3),
            Categorical(name="b", choices=(True, False)),
            Integer(name="one", low=5, high=5),
        )
    ),
}


def history_of(space: Space, length: int, seed: int = 0) -> History:
    rng = np.random.default_rng(seed)
    return [(space.sample(rng), float(rng.normal(0.9, 0.02))) for _ in range(length)]


def start(method: str, space: Space, history: History, seed: int = 0) -> Any:
    """A search that was told all of a history but its last outcome."""
    context = SearchContext(
        space=space,
        baseline=history[0][0],
        initial_points=len(history),
        rng=make_rng(seed, method),
    )
    search = parse_method(method).create(context)
    for configuration, score in history[:-1]:
        search.tell(configuration, score)
    return search


def optimizer_of(search: Any) -> Optimizer:
    return getattr(search, "search", search).optimizer


def assert_same_proposals(search: Any, outcomes: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether both ways, told these outcomes, come to the same after each."""
    own, quick = copy.deepcopy(search), copy.deepcopy(search)
    for outcome in outcomes:
        quick.tell(*outcome)
        with monkeypatch.context() as patch:
            patch.setattr(check, "choose_next", None)
            patch.setattr(check, "surrogate_of", lambda _: None)
            own.tell(*outcome)
        assert type(optimizer_of(own).models[-1]) is not type(optimizer_of(quick).models[-1])
        assert check.outcome(optimizer_of(quick)) == check.outcome(optimizer_of(own))
        assert quick.ask() == own.ask()


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("method", ["gp", "gbrt", "forest"])
def test_proposals_are_those_of_scikit_optimize(
    method: str, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = start(method, space, history_of(space, 9), seed=3)
    assert_same_proposals(search, history_of(space, 2, seed=1), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        *("gp[acq_func=EI]", "gp[acq_func=LCB]", "gp[acq_func=PI]", "gp[noise=1e-6]"),
        *("gp[noise=1]", "gp[acq_func=PI,xi=0.2]", "gp[acq_func=LCB,kappa=0]"),
        *("gbrt[acq_func=EI,xi=0.1]", "forest[acq_func=PI]", "forest[acq_func=LCB,kappa=3]"),
    ],
)
def test_options_lead_to_the_same(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    search = start(method, SPACE, history_of(SPACE, 12))
    assert_same_proposals(search, history_of(SPACE, 1, seed=1), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["gp", "gbrt", "forest"])
@pytest.mark.parametrize("length", [1, 2, 25])
def test_histories_of_any_length(method: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(SPACE, length)
    assert_same_proposals(start(method, SPACE, history), history[-1:], monkeypatch)


@pytest.mark.parametrize("method", ["gp", "gbrt", "forest"])
@pytest.mark.parametrize("space", [SPACES["one real"], SPACES["choices"]], ids=["real", "choices"])
def test_repeated_points_equal_scores_and_failures(
    method: str, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [configuration for configuration, _ in history_of(space, 3)]
    for scores in ([0.5] * 6, [0.9, 0.91, 0.1, 0.9, 0.1, 0.1]):
        history = list(zip(points * 2, scores, strict=True))
        assert_same_proposals(start(method, space, history), history[-1:], monkeypatch)


def bits(*arrays: Any) -> list[bytes]:
    return [np.asarray(array, dtype=float).tobytes() for array in arrays]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The optimal value found:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("count", [1, 2, 30, 70])
@pytest.mark.parametrize("width", [1, 7, 8, 17])
def test_the_posterior_is_that_of_scikit_optimize(count: int, width: int) -> None:
    rng = np.random.RandomState(count + width)
    space = normalize_dimensions([(0.0, 1.0)] * width)
    own = cook_estimator("GP", space=space, random_state=1, noise=0.01, n_restarts_optimizer=0)
    points, values = rng.uniform(size=(count, width)), rng.normal(size=count)
    posterior = fit_posterior(own, points, values)
    own.fit(points, values)
    assert bits(posterior.weights, posterior.inverse) == bits(own.alpha_, own.K_inv_)
    others = np.vstack([rng.uniform(size=(600, width)), points])
    assert bits(*posterior.predict(others)) == bits(*own.predict(others, return_std=True))
    assert bits(posterior.mean(others[:3])) == bits(own.predict(others[:3]))
    acquisition = Acquisition(best=values.min(), xi=0.02, kappa=3.0)
    options = {"xi": 0.02, "kappa": 3.0}
    for function in ("EI", "LCB", "PI"):
        arguments = (own, values.min(), function)
        expected = _gaussian_acquisition(others, *arguments, acq_func_kwargs=options)
        ours = acquisition.values(function, *posterior.predict(others))
        assert bits(ours) == bits(expected)
        for point in others[[0, 1, -1]]:
            expected = gaussian_acquisition_1D(point, *arguments, acq_func_kwargs=options)
            value, slope = acquisition.value_and_slope(function, posterior.predict_at(point))
            assert bits([value], slope) == bits(*expected)


@pytest.mark.parametrize("choices", [False, True])
@pytest.mark.parametrize("count", [1, 2, 30, 95])
@pytest.mark.parametrize("width", [1, 3, 7, 8, 17])
def test_the_likelihood_is_that_of_scikit_learn(count: int, width: int, choices: bool) -> None:
    rng = np.random.RandomState(count + width)
    space = [["yes", "no"] if choices else (0.0, 1.0)] * width
    kernel = cook_estimator("GP", space=normalize_dimensions(space)).kernel
    points, values = rng.uniform(size=(count, width)), rng.normal(size=count)
    points = np.round(points).astype(int) if choices else points
    own = GaussianProcessRegressor(
        kernel=kernel + WhiteKernel(0.01, "fixed"), optimizer=None, alpha=1e-10
    ).fit(points, values)
    kind = covariance.Hamming if choices else covariance.Matern
    likelihood = Likelihood(kind(points), values, noise=0.01, jitter=1e-10)
    for logs in rng.uniform(-3, 3, size=(4, width + 1)):
        expected = own.log_marginal_likelihood(logs, eval_gradient=True)
        value, slope = likelihood(logs)
        assert bits(value, slope) == bits(*expected)


def test_what_has_no_likelihood_is_the_same_too() -> None:
    points = np.zeros((3, 2))
    likelihood = Likelihood(covariance.Matern(points), np.zeros(3), noise=0.0, jitter=0.0)
    value, slope = likelihood(np.zeros(3))
    assert value == -np.inf
    assert not slope.any()


@pytest.mark.parametrize("space", [SPACE, SPACES["logarithms"], SPACES["one choice"]])
@pytest.mark.parametrize("normalized", [False, True])
def test_candidates_are_those_of_scikit_optimize(space: Space, normalized: bool) -> None:
    dimensions = to_skopt_dimensions(space)
    library = normalize_dimensions(dimensions) if normalized else LibrarySpace(dimensions)
    one, other = np.random.RandomState(4), np.random.RandomState(4)
    ours, theirs = draw_candidates(library, 500, one), library.rvs(500, random_state=other)
    assert ours.dtype == library.transform(theirs).dtype
    assert ours.tobytes() == library.transform(theirs).tobytes()
    assert one.random_sample() == other.random_sample()


@pytest.mark.parametrize("size", [1, 12, 64, 90, 91, 200])
def test_quadratic_forms_are_those_of_einsum(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(size)
    rows, root = rng.random((1_030, size)), rng.normal(size=(size, size))
    matrix = root.dot(root.T)
    expected = np.einsum("ki,kj,ij->k", rows, rows, matrix).tobytes()
    assert quadratic.quadratic_forms(rows, matrix).tobytes() == expected
    monkeypatch.setattr(quadratic, "sums_by_columns", lambda: False)
    assert quadratic.quadratic_forms(rows, matrix).tobytes() == expected


@pytest.fixture
def unchecked() -> Iterator[None]:
    """As in a process that made no proposal yet."""
    check.objection.cache_clear()
    yield
    check.objection.cache_clear()


@pytest.mark.parametrize("surrogate", ["gp", "gbrt", "forest"])
@pytest.mark.usefixtures("unchecked")
def test_the_quick_way_is_taken_here(surrogate: Surrogate) -> None:
    np.random.seed(1)  # noqa: NPY002 (the global generator must be left alone)
    before = pickle.dumps(np.random.get_state())  # noqa: NPY002
    assert check.objection(surrogate) == ""
    assert pickle.dumps(np.random.get_state()) == before  # noqa: NPY002


@pytest.mark.usefixtures("unchecked")
def test_one_other_bit_leads_to_scikit_optimizes_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    search = start("gp", SPACES["one real"], history_of(SPACES["one real"], 5))
    expected = copy.deepcopy(search)
    outcome = history_of(SPACES["one real"], 1, seed=1)
    expected.tell(*outcome[0])
    check.objection.cache_clear()
    monkeypatch.setattr(covariance, "SQRT_5", np.nextafter(covariance.SQRT_5, 3))
    assert check.objection("gp").startswith("it gives other digits with scikit-optimize 0.10.2, ")
    assert check.objection("forest") == ""
    assert search.note.startswith("gp proposes by scikit-optimize's own code, which takes several")
    search.tell(*outcome[0])
    assert search.ask() == expected.ask()


@pytest.mark.usefixtures("unchecked")
def test_an_exception_leads_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(check, "gbrt_estimator")
    assert "NameError" in check.objection("gbrt")
    search = start("gbrt", SPACE, history_of(SPACE, 5))
    search.tell(*history_of(SPACE, 1)[0])
    assert search.ask() in SPACE


def test_other_searches_go_their_own_way() -> None:
    def optimizer(estimator: Any, **options: Any) -> Optimizer:
        own = {"acq_func": "EI", "acq_func_kwargs": {"xi": 0.01, "kappa": 2.0}} | options
        return Optimizer([(0.0, 1.0)], estimator, n_initial_points=2, **own)

    space = normalize_dimensions([(0.0, 1.0)])
    free = cook_estimator("GP", space=space, noise="gaussian")
    plain = cook_estimator("GP", space=space, noise=0.1)
    assert surrogate_of(optimizer(plain)) == "gp"
    assert surrogate_of(optimizer("ET")) == "forest"
    assert surrogate_of(optimizer(free)) is None
    assert surrogate_of(optimizer("RF")) is None
    assert surrogate_of(optimizer("ET", acq_func="gp_hedge")) is None
    assert surrogate_of(optimizer(plain, acq_func="MES")) is None
    assert surrogate_of(optimizer(plain, acq_func_kwargs={"eta": 2.0})) is None


@pytest.mark.parametrize("method", ["gp", "gbrt", "forest"])
def test_a_search_goes_on_from_a_small_pickle(method: str) -> None:
    history = history_of(SPACE, 30)
    context = SearchContext(
        space=SPACE, baseline=BASELINE, initial_points=29, rng=make_rng(0, method)
    )
    first = propose(parse_method(method), context, history[:29])
    assert len(first.state) < 50_000
    context = SearchContext(
        space=SPACE, baseline=BASELINE, initial_points=29, rng=make_rng(0, method)
    )
    told = [*history[:29], (first.configuration, 0.9)]
    going_on = propose(parse_method(method), context, told, first.state)
    assert going_on.configuration == propose(parse_method(method), context, told).configuration
