"""Which training images validate, and whether the parts of a dataset are what they should be.

What holds for images here holds for the rows of a table.
"""

import numpy as np

from study.core.study_info import Items, SplitInfo

VALIDATION_SHARE = 0.15  # the tutorial's validation_split


def count_fitted(images: int) -> int:
    """How many of so many training images are fitted during a search; the last ones validate."""
    return int(images * (1.0 - VALIDATION_SHARE))


def stratified_order(classes: np.ndarray, n_last: int, rng: np.random.Generator) -> np.ndarray:
    """A random order of (images,) of which so many last ones have their share of each class."""
    order = rng.permutation(len(classes))
    by_class = order[np.argsort(classes[order], kind="stable")]
    places = ((np.arange(n_last) + 0.5) * len(classes) / n_last).astype(int)
    last = np.isin(order, by_class[places])
    return np.concatenate([order[~last], order[last]])


def describe_split(
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    items: Items = "images",
) -> SplitInfo:
    """How many images the rarest class has in each part, and how many images are in two parts."""
    n_fitted, n_classes = count_fitted(len(x_train)), int(y_train.max()) + 1
    labels = {"fitted": y_train[:n_fitted], "validation": y_train[n_fitted:], "test": y_test}
    fewest = {part: int(np.bincount(y, minlength=n_classes).min()) for part, y in labels.items()}
    fitted, validating = ({row.tobytes() for row in x} for x in np.split(x_train, [n_fitted]))
    training = fitted | validating
    shares = np.bincount(labels["validation"], minlength=n_classes) / len(labels["validation"])
    return SplitInfo(
        items=items,
        fewest=fewest,
        validation_in_fitted=sum(row.tobytes() in fitted for row in x_train[n_fitted:]),
        test_in_training=sum(row.tobytes() in training for row in x_test),
        entropy=float(-sum(share * np.log(share) for share in shares if share)),
    )
