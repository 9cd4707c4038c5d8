"""Flights on one process for each core of this machine, over pipes: no port is opened."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from lupex_rover.core.parent_death import end_with_parent

T = TypeVar("T")
R = TypeVar("R")
TRIES = 2  # of a flight whose worker died
DIED = "its worker died, as when memory runs out"
SINGLE = {f"{k}_NUM_THREADS": "1" for k in ("NUMBA", "OMP", "OPENBLAS", "MKL")}


def ended(
    work: Callable[[T], R], items: list[T], workers: int | None = None
) -> Iterator[tuple[T, R | Exception]]:
    """Each item with what `work` made of it, or its exception, as they end.

    A worker that dies costs nothing but the flights under way, which are tried once more.
    """
    left = [(item, 1) for item in items]
    count = workers or min(_cores(), max(len(items), 1))
    pool = _pool(count)
    running: dict[Future[R], tuple[T, int]] = {}
    try:
        while left or running:
            while left and len(running) < count:
                item, tries = left.pop(0)
                running[pool.submit(work, item)] = item, tries
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                item, tries = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    broken = True
                    if tries < TRIES:
                        left.insert(0, (item, tries + 1))
                    else:
                        yield item, RuntimeError(DIED)
                elif isinstance(error, Exception):
                    yield item, error
                else:
                    yield item, future.result()
            if broken:  # every future under way is broken with it
                left = [(item, tries) for item, tries in running.values()] + left
                running.clear()
                pool.shutdown(wait=False, cancel_futures=True)
                pool = _pool(count)
    finally:
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)


def _begin() -> None:
    """Ctrl-C reaches every process of the terminal; the campaign's own is to act on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _cores() -> int:
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return mine or 1
