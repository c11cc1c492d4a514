import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.training.kernel.simd import exp


@settings(deadline=None)  # the first example compiles
@given(st.floats(-87, 88, width=32))
def test_the_exponential_is_exact_to_the_last_digits(x: float) -> None:
    assert exp(np.float32(x)) == pytest.approx(np.exp(x), rel=3e-7)


def test_the_exponential_ends_where_numbers_end() -> None:
    assert 0 < exp(np.float32(-1e9)) < 1e-37
    assert exp(np.float32(1e9)) > 1e38
    assert np.isnan(exp(np.float32(np.nan)))
