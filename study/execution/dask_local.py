"""Dask workers on this machine. Slow to import, so `executor` does so late."""

import contextlib
import logging
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker
from typing import Any

import dask.config
from distributed import Client, LocalCluster

from study.core.environment import main_module_hidden
from study.execution.dask_workers import DaskExecutor
from study.problems.base import Evaluator, ProblemGroup
from study.training.tensorflow import environment

RESTART_SECONDS = 120  # without any worker, after which local ones count as lost


@contextlib.contextmanager
def open_workers(
    problem: Evaluator | ProblemGroup, count: int, threads: int = 1
) -> Iterator[DaskExecutor]:
    """Start a cluster on this machine, and end it with the context.

    Its workers do one job at a time, which may compute on so many threads.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(main_module_hidden())
        with sigint_blocked(), dask.config.set(dask_settings(count)):
            cluster = LocalCluster(  # type: ignore[no-untyped-call, unused-ignore]
                n_workers=count,
                threads_per_worker=1,
                host="127.0.0.1",  # nothing listens beyond this machine
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,
                env=environment(threads),
                silence_logs=logging.CRITICAL,
            )
            stack.callback(close_cluster, cluster)
        client = stack.enter_context(Client(cluster))  # type: ignore[no-untyped-call, unused-ignore]
        yield DaskExecutor(client, problem, threads, RESTART_SECONDS)


def close_cluster(cluster: Any) -> None:
    """End a cluster, whatever Dask makes of a worker that is just being started again.

    Its processes watch this one, and end with it at the latest.
    """
    with contextlib.suppress(Exception):
        cluster.close()


def dask_settings(count: int) -> dict[str, Any]:
    """How Dask is to run so many workers of ours."""
    return {
        # If all are killed at once, a job can be handed from one to the next that dies.
        "distributed.scheduler.allowed-failures": count,
        # A worker that is killed is started again by its nanny, and not given up after 15 seconds.
        "distributed.deploy.lost-worker-timeout": "1h",
        # Looking at what the workers do 100 times a second took 3 % of their time.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
    }


@contextlib.contextmanager
def sigint_blocked() -> Iterator[None]:
    """Let Ctrl-C reach this thread only: it ends the workers, they need not be told.

    New threads and processes inherit which signals are blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # it unblocks the signal in the thread that first needs it
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
