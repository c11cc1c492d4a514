"""The plots of a study one by one, as a notebook wants them: `results.plot`."""

from collections.abc import Callable
from typing import overload

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.plots import effects_figures as effects
from study.plots import panels
from study.plots.drawing import HEIGHT
from study.plots.style import WIDTH, own_style
from study.results import Results


class StudyPlots:
    """The plots of a study.

    Those of one panel take the Axes to draw on, by default those of a new figure, and return them,
    legend included. Those of several panels return their figure, whose `axes` are the panels. Those
    that enlarge what a baseline squeezes do so in their own figure, and draw all methods on Axes.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    @overload
    def comparisons(self, ax: Axes) -> Axes: ...
    @overload
    def comparisons(self, ax: None = None) -> Figure: ...
    def comparisons(self, ax: Axes | None = None) -> Axes | Figure:
        """The typical difference of every pair, its intervals and the verdict."""
        return self._draw_either(panels.comparisons, panels.comparisons_figure, ax)

    @overload
    def final(self, ax: Axes) -> Axes: ...
    @overload
    def final(self, ax: None = None) -> Figure: ...
    def final(self, ax: Axes | None = None) -> Axes | Figure:
        """What each run's winner scores in the end, seeds joined."""
        return self._draw_either(panels.final, panels.final_figure, ax)

    @overload
    def convergence(self, ax: Axes) -> Axes: ...
    @overload
    def convergence(self, ax: None = None) -> Figure: ...
    def convergence(self, ax: Axes | None = None) -> Axes | Figure:
        """The best so far, by call."""
        return self._draw_either(panels.convergence_by_call, panels.convergence_figure, ax)

    @overload
    def convergence_seconds(self, ax: Axes) -> Axes: ...
    @overload
    def convergence_seconds(self, ax: None = None) -> Figure: ...
    def convergence_seconds(self, ax: Axes | None = None) -> Axes | Figure:
        """The best so far, by seconds."""
        return self._draw_either(panels.convergence_by_time, panels.convergence_time_figure, ax)

    @overload
    def winners_curse(self, ax: Axes) -> Axes: ...
    @overload
    def winners_curse(self, ax: None = None) -> Figure: ...
    def winners_curse(self, ax: Axes | None = None) -> Axes | Figure:
        """Winners as observed, re-evaluated, and at last."""
        return self._draw_either(panels.winners_curse, panels.winners_curse_figure, ax)

    @overload
    def size(self, ax: Axes) -> Axes: ...
    @overload
    def size(self, ax: None = None) -> Figure: ...
    def size(self, ax: Axes | None = None) -> Axes | Figure:
        """Size and final score of each run's winner, if the problem counts a size."""
        return self._draw_either(panels.size, panels.size_figure, ax)

    def time_per_call(self, ax: Axes | None = None) -> Axes:
        """Seconds of evaluating and of suggesting."""
        return self._draw(panels.time_per_call, ax)

    def score_distribution(self, ax: Axes | None = None) -> Axes:
        """All evaluations from the worst to the best: random draws, and what each search chose."""
        return self._draw(effects.score_distribution, ax)

    def importance(self) -> Figure:
        """How much each dimension mattered, over the whole space and among the best tenth."""
        return self._draw_panels(effects.importance)

    def partial_dependence(self) -> Figure:
        """What a draw scores, by the value of one dimension."""
        return self._draw_panels(effects.partial_dependence)

    def dependence_maps(self) -> Figure:
        """What a draw scores, by the values of two dimensions."""
        return self._draw_panels(effects.dependence_maps)

    def slices(self) -> Figure:
        """What each method tried, and what it scored."""
        return self._draw_panels(effects.slices)

    def parallel_coordinates(self) -> Figure:
        """Winners, and the best tenth of all evaluations."""
        return self._draw_panels(effects.parallel_coordinates)

    def _draw(self, draw: Callable[[Results, Axes], Axes], ax: Axes | None) -> Axes:
        import matplotlib.pyplot as plt  # takes a moment, and only it shows a new figure by itself

        with own_style():
            axes = ax or plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")[1]
            return draw(self._results, axes)

    def _draw_either(
        self,
        draw: Callable[[Results, Axes], Axes],
        draw_figure: Callable[[Results], Figure],
        ax: Axes | None,
    ) -> Axes | Figure:
        return self._draw_panels(draw_figure) if ax is None else self._draw(draw, ax)

    def _draw_panels(self, draw: Callable[[Results], Figure]) -> Figure:
        with own_style():
            return draw(self._results)
