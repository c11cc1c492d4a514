"""Kill real studies at random moments, and see whether anything is lost or changed.

    python -m tests.stress --kills 100

Each kill hits a small study in a process of its own. Afterwards the same command runs to the end,
and its tables are compared with those of a study that nobody disturbed.
"""

import argparse
import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from study.storage.ledger import Ledger
from tests.logged import LOG, begun
from tests.shared import SMALL

DRIVE = (
    "from study.cli import main; from study.execution import plan; "
    "from tests.logged import Logged; plan.NetworkProblem = Logged; main.main()"
)
ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds after which a study that does not move counts as hanging


@dataclass
class Outcome:
    """What came of the kills of one kind."""

    kills: int = 0
    lost: int = 0
    """Trainings that were under way, and had to begin anew."""
    repeated: int = 0
    """Trainings of what the ledger held already."""
    differing: int = 0
    """Studies that ended otherwise than the undisturbed one, or not at all."""
    seconds: list[float] = field(default_factory=list)
    """From the signal to the end of the driver."""
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.kills += other.kills
        self.lost += other.lost
        self.repeated += other.repeated
        self.differing += other.differing
        self.seconds += other.seconds
        self.faults += other.faults


@dataclass(frozen=True)
class Session:
    """A study under way in a process group of its own."""

    process: "subprocess.Popen[str]"
    log: Path

    def send(self, signum: int) -> None:
        self.process.send_signal(signum)

    def kill_everything(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def kill_worker_in_training(self) -> None:
        """The process that began the newest training."""
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.kill(begun(self.log)[-1][0], signal.SIGKILL)

    def kill_every_worker(self) -> None:
        for process in {process for process, _ in begun(self.log)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


KINDS: dict[str, Callable[[Session], None]] = {
    "driver, SIGKILL": lambda session: session.send(signal.SIGKILL),
    "driver, SIGTERM": lambda session: session.send(signal.SIGTERM),
    "driver, Ctrl-C": lambda session: os.killpg(session.process.pid, signal.SIGINT),
    "a worker in training": Session.kill_worker_in_training,
    "every worker": Session.kill_every_worker,
    "driver and workers": Session.kill_everything,
}
EXIT_CODES = {"driver, SIGTERM": 143, "driver, Ctrl-C": 130}


@contextlib.contextmanager
def started(folder: Path, number: int, workers: int) -> Iterator[Session]:
    log = folder / f"{number}.log"
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVE, *SMALL, "--workers", str(workers), "--output", "out"],
        cwd=folder,
        env=os.environ | {LOG: str(log), "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore the signal, and so would this one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        yield Session(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # workers that outlived their driver
        process.communicate()


def keys(folder: Path) -> set[str]:
    """What the ledger holds."""
    if not (folder / "out" / "study.db").exists():
        return set()
    with Ledger(folder / "out" / "study.db", create=False) as ledger:
        return set(ledger.evaluations())


def untimed(results: Path) -> dict[str, str]:
    """trials.csv and finals.csv as text, without the columns in seconds."""
    texts = {}
    for name in ("trials.csv", "finals.csv"):
        frame = pd.read_csv(results / name, dtype=str, keep_default_na=False)
        texts[name] = frame.drop(columns=[c for c in frame if str(c).endswith("_seconds")]).to_csv()
    return texts


def attack(
    kind: str, folder: Path, expected: dict[str, str], draw: random.Random, hits: int = 3
) -> Outcome:
    """Hit one study so many times, then let it end."""
    outcome = Outcome()
    for number in itertools.count():
        held = keys(folder)
        with started(folder, number, workers=draw.choice([2, 3])) as session:
            struck = number < hits and _strike(kind, session, draw, outcome)
            _, errors = session.process.communicate(timeout=PATIENCE)
        code, tried = session.process.returncode, [key for _, key in begun(session.log)]
        outcome.repeated += len(held & set(tried))
        outcome.lost += len(tried) - len(keys(folder) - held)
        if struck and kind in EXIT_CODES and code != 0:
            one_line = len(errors.splitlines()) == 1 and "to resume: study compare" in errors
            if code != EXIT_CODES[kind] or not one_line:
                outcome.faults.append(f"{kind}: exit code {code}, {errors!r}")
        if code == 0:
            break
        if not struck:
            outcome.faults.append(f"{kind}: exit code {code}, {errors!r}")
            break
    outcome.differing += code != 0 or untimed(folder / "out") != expected
    return outcome


def _strike(kind: str, session: Session, draw: random.Random, outcome: Outcome) -> bool:
    """Wait for a moment drawn by chance, and hit; False if the study was faster."""
    target, patience = draw.randrange(1, 9), time.monotonic() + PATIENCE
    while len(begun(session.log)) < target and time.monotonic() < patience:
        if session.process.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(draw.uniform(0, 0.2))
    if session.process.poll() is not None:
        return False
    KINDS[kind](session)
    outcome.kills += 1
    if kind.startswith("driver"):
        began = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            session.process.wait(PATIENCE)
        outcome.seconds.append(time.monotonic() - began)
    return True


def undisturbed(folder: Path) -> dict[str, str]:
    """The tables of a study that nobody hit."""
    folder.mkdir()
    with started(folder, 0, workers=1) as session:
        _, errors = session.process.communicate(timeout=2 * PATIENCE)
    if session.process.returncode:
        raise RuntimeError(errors)
    return untimed(folder / "out")


def stress(kills: int, seed: int, at_once: int) -> dict[str, Outcome]:
    """Hit studies until there were so many kills, of each kind in turn."""
    outcomes = {kind: Outcome() for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        expected = undisturbed(Path(name, "undisturbed"))

        def one(number: int) -> tuple[str, Outcome]:
            kind = list(KINDS)[number % len(KINDS)]
            folder = Path(name, str(number))
            folder.mkdir()
            return kind, attack(kind, folder, expected, random.Random(f"{seed} {number}"))

        numbers = itertools.count()
        with ThreadPoolExecutor(at_once) as pool, Progress() as progress:
            bar = progress.add_task("killing studies", total=kills)
            while sum(outcome.kills for outcome in outcomes.values()) < kills:
                for kind, outcome in pool.map(one, itertools.islice(numbers, len(KINDS))):
                    outcomes[kind].add(outcome)
                    progress.advance(bar, outcome.kills)
    return outcomes


def shown(outcomes: dict[str, Outcome]) -> int:
    """Print the table; 1 if anything was repeated, differed or was told wrongly."""
    table = Table("killed", box=None, header_style="bold")
    for heading in ("kills", "lost in flight", "trained twice", "differing", "seconds to end"):
        table.add_column(heading, justify="right")
    everything = Outcome()
    for kind, outcome in outcomes.items():
        everything.add(outcome)
        table.add_row(kind, *_cells(outcome))
    table.add_row("all", *_cells(everything), style="bold")
    console = Console()
    console.print(table)
    for fault in everything.faults:
        console.print(fault, markup=False)
    return int(bool(everything.repeated or everything.differing or everything.faults))


def _cells(outcome: Outcome) -> list[str]:
    counts = (outcome.kills, outcome.lost, outcome.repeated, outcome.differing)
    slowest = f"{max(outcome.seconds):.1f} at most" if outcome.seconds else ""
    return [*map(str, counts), slowest]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=3, help="studies side by side")
    chosen = parser.parse_args()
    sys.exit(shown(stress(chosen.kills, chosen.seed, chosen.at_once)))
