"""The user's own Dask cluster. Slow to import, so `executor` does so late."""

import contextlib
import logging
import platform
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from typing import Any

from distributed import Client, Security
from distributed.comm.core import connect
from distributed.utils import LoopRunner, silence_logging_cmgr, sync
from distributed.versions import VersionMismatchWarning

from study.core import environment
from study.core.errors import ClusterError, describe_error, translate_errors
from study.execution.dask_workers import CLOSE_SECONDS, DaskExecutor, worker_threads
from study.problems.base import Evaluator, ProblemGroup

CONNECT_SECONDS = 6

log = logging.getLogger("study")


@contextlib.contextmanager
def open_cluster(
    problem: Evaluator | ProblemGroup, address: str, threads: int = 1
) -> Iterator[DaskExecutor]:
    """Work on the cluster of that scheduler; it stays as it was when the context ends.

    Says to the log if there is no worker yet, and waits for one.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, or a worker would compute something else.
    """
    with contextlib.ExitStack() as stack:
        for logger in ("distributed", "tornado"):  # a `ClusterError` says it in one line
            stack.enter_context(silence_logging_cmgr(logging.CRITICAL, logger))
        with translate_errors(Exception, partial(_unusable, address), ClusterError):
            client = connect_client(address)
            stack.callback(close_client, client)
            check_versions(client, wait_for_workers(client))
            executor = DaskExecutor(client, problem, threads)
            stack.callback(executor.close)
        yield executor


def connect_client(address: str) -> Client:
    """A client; Dask's own configuration decides about TLS."""
    probe_scheduler(address)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)  # `check_versions` looks closer
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call, unused-ignore]


def probe_scheduler(address: str) -> None:
    """Raise unless somebody who speaks Dask answers in time: `Client` would wait for ever."""
    runner: Any = LoopRunner()
    security: Any = Security()  # type: ignore[no-untyped-call, unused-ignore]
    how = security.get_connection_args("client")
    runner.start()
    try:
        sync(runner.loop, connect, address, callback_timeout=CONNECT_SECONDS, **how).abort()
    finally:
        runner.stop()


def wait_for_workers(client: Client) -> dict[str, int]:
    """The threads of each worker, by address, once there is one."""
    found = worker_threads(client)
    if not found:
        log.warning("study: the cluster has no worker yet, waiting for the first")
    while not found:
        time.sleep(1)
        found = worker_threads(client)
    return found


def check_versions(client: Client, workers: dict[str, int]) -> None:
    """Raise `ClusterError` for the first worker that would compute something else."""
    here, there = environment.versions(), worker_versions(client)
    for worker, count in workers.items():
        if wrong := environment.incompatibility(worker, count, there.get(worker, here), here):
            raise ClusterError(wrong)


def worker_versions(client: Client) -> dict[str, dict[str, str]]:
    """`study.core.environment.versions` of each worker, which need not have `study` to answer."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name in (*environment.COMPUTING, *environment.OPTIONAL):
        for worker, answer in client.run(version, name, on_error="return").items():
            if isinstance(answer, str):  # not that it is missing
                found[worker][name] = answer
    python = client.run(platform.python_version, on_error="ignore")
    return {worker: found[worker] | {"Python": answer} for worker, answer in python.items()}


def _unusable(address: str, error: Exception) -> str:
    return (
        f"--scheduler {address} cannot be used ({describe_error(error).rstrip('.')}): give the "
        "address that the scheduler printed, such as tcp://HOST:8786, and see that it can be "
        "reached from here"
    )


def close_client(client: Any) -> None:
    """Close a client, in a bounded time even if nobody answers it any more."""
    with contextlib.suppress(OSError):  # a timeout is one, too
        client.close(CLOSE_SECONDS)
