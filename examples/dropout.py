"""A Keras model of one's own, trained as by Keras `fit` on one of the datasets.

study compare --problem examples/dropout.py:dropout --methods random,gp --calls 8
"""

from typing import Any

import keras

from study import Integer, Real, keras_problem


def build(configuration: dict[str, Any]) -> keras.Model:
    """A compiled model of 64 inputs and 10 classes; its weights are seeded before it is built."""
    model = keras.Sequential(
        [
            keras.layers.Dense(configuration["units"], activation="relu"),
            keras.layers.Dropout(configuration["rate"]),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.build((None, 64))
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    return model


dropout = keras_problem(
    build,
    dataset="digits",
    epochs=5,
    space=[Integer(name="units", low=4, high=128), Real(name="rate", low=0.0, high=0.8)],
    default={"units": 32, "rate": 0.2},
)
