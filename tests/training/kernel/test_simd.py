import platform
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.training.kernel.jit import compiled
from study.training.kernel.simd import exp, flush_denormals, restore_denormals


@settings(deadline=None)  # the first example compiles
@given(st.floats(-87, 88, width=32))
def test_the_exponential_is_exact_to_the_last_digits(x: float) -> None:
    assert exp(np.float32(x)) == pytest.approx(np.exp(x), rel=3e-7)


def test_the_exponential_ends_where_numbers_end() -> None:
    assert 0 < exp(np.float32(-1e9)) < 1e-37
    assert exp(np.float32(1e9)) > 1e38
    assert np.isnan(exp(np.float32(np.nan)))


@compiled()
def halve(numbers: Any) -> None:
    """Halve a number before, between and after."""
    numbers[0] *= np.float32(0.5)
    before = flush_denormals()
    numbers[1] *= np.float32(0.5)
    restore_denormals(before)
    numbers[2] *= np.float32(0.5)


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="only x86 is slow on them"
)
def test_denormal_numbers_count_as_0_within_the_kernel_only() -> None:
    tiny = np.finfo(np.float32).smallest_normal
    numbers = np.full(3, tiny)
    halve(numbers)
    assert numbers.tolist() == [tiny / 2, 0, tiny / 2]
    assert tiny * np.float32(0.5) > 0
