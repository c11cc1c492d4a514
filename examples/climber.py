"""A search method of one's own: a class with `ask` and `tell`.

study compare --problem branin --methods "random,gp,examples/climber.py:Climber[chance=0.8]"
"""

from typing import Any

from study import SearchContext


class Climber:
    """Changes one value of the best configuration so far."""

    def __init__(self, context: SearchContext, *, chance: float = 1.0) -> None:
        self.space, self.rng = context.space, context.rng
        self.chance = chance  # of changing the best one, not drawing anew
        self.best: dict[str, Any] = {}
        self.score = float("-inf")

    def tell(self, configuration: dict[str, Any], score: float) -> None:
        """Take note of a score: the higher, the better, whatever the problem."""
        if score > self.score:
            self.best, self.score = configuration, score

    def ask(self) -> dict[str, Any]:
        """The best configuration with one value drawn anew, or another one by chance."""
        drawn = self.space.sample(self.rng)
        if self.rng.random() > self.chance:
            return drawn
        name = str(self.rng.choice(list(drawn)))
        return {**self.best, name: drawn[name]}
