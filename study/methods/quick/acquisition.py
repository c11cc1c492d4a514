"""What the search looks for, from the mean and the deviation of the surrogate.

All are to be minimised. Formulas, and the order of the operations, are those of
`skopt.acquisition`: expected improvement (EI), probability of improvement (PI), lower confidence
bound (LCB).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
DENSITY_SCALE = np.sqrt(2 * np.pi)


class Prediction(NamedTuple):
    """What a surrogate says of one point."""

    mean: float
    std: float
    mean_slope: Floats
    """Shape (dimensions,)."""
    std_slope: Floats
    """Shape (dimensions,)."""


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """The three functions, given what they depend on."""

    best: float
    """The least value seen."""
    xi: float
    kappa: float

    def values(self, function: str, mean: Floats, std: Floats) -> Floats:
        """Of many points; `function` is EI, LCB or PI. Shapes (points,)."""
        if function == "LCB":
            return mean - self.kappa * std
        values = np.zeros_like(mean)
        known = std > 0
        improve = self.best - self.xi - mean[known]
        scaled = improve / std[known]
        values[known] = ndtr(scaled)
        if function == "EI":
            values[known] = improve * values[known] + std[known] * density(scaled)
        return -values

    def value_and_slope(self, function: str, at: Prediction) -> tuple[float, Floats]:
        """Of one point, and its derivative by the coordinates."""
        mean, std, mean_slope, std_slope = at
        if function == "LCB":
            return mean - self.kappa * std, mean_slope - self.kappa * std_slope
        if not std > 0:
            return -0.0, -np.zeros_like(std_slope)
        improve = self.best - self.xi - mean
        scaled = improve / std
        scaled_slope = -mean_slope * std - std_slope * improve
        scaled_slope /= std * std
        if function == "PI":
            return -ndtr(scaled), -(scaled_slope * density(scaled))
        cdf, pdf = ndtr(scaled), density(scaled)
        cdf_slope = scaled_slope * pdf
        pdf_slope = -improve * cdf_slope
        slope = (-mean_slope * cdf - pdf_slope) + (std_slope * pdf + pdf_slope)
        return -(improve * cdf + std * pdf), -slope


def density(x: Any) -> Any:
    """Of the standard normal distribution."""
    return np.exp(-(x * x) / 2.0) / DENSITY_SCALE
