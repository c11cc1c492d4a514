import numpy as np
import pytest

from tests.data.files import Arrays


@pytest.fixture
def images() -> Arrays:
    """Three classes of 5 x 4 images."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (40, 5, 4), np.uint8),
        "y_train": np.arange(40, dtype=np.uint8) % 3,
        "x_test": rng.integers(0, 256, (9, 5, 4), np.uint8),
        "y_test": np.arange(9, dtype=np.uint8) % 3,
    }
