"""Families of published problems: each is a module that makes its problems by name."""

import inspect
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from study.core.environment import install_hint
from study.core.errors import StudyError
from study.core.fingerprint import checksum
from study.core.plugins import ObjectReference
from study.problems.user import UserProblem


@dataclass(frozen=True, kw_only=True)
class Family:
    """Problems of one kind, built in; none is made before it is asked for."""

    module: str
    """Gives the `Problem` of each name as an attribute."""
    summaries: dict[str, str]
    """A line about each problem, by name."""
    package: str
    """What a problem needs, as it is imported."""
    distribution: str
    """The same, as it is installed: another version of it may be another problem."""
    extra: str = ""
    """With which it is installed, if not always."""

    @property
    def is_installed(self) -> bool:
        """Whether what its problems need is here."""
        return find_spec(self.package) is not None

    @property
    def requirement(self) -> str:
        """What its problems need, and how to install that, in words."""
        return f"needs {self.distribution}, not installed here: {install_hint(self.extra)}"

    def get(self, name: str) -> UserProblem:
        """One of its problems; raises `StudyError` with what to install if that is lacking."""
        if not self.is_installed:
            raise StudyError(f"--problem {name!r} {self.requirement}")
        reference = ObjectReference(module=self.module, name=name)
        code = inspect.getsource(sys.modules[self.module])
        fingerprint = checksum(code, name, version(self.distribution))
        return UserProblem(name, "built in", fingerprint, reference=reference)
