"""Tasks over Ray (the extra `ray`): on this machine, or on the cluster that RAY_ADDRESS names.

On a cluster footage, models and results are paths that every machine has; a machine with another kind of processor may
compute in another precision (docs/decisions/0004), and only like machines give the same bytes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from edge.bulk.engine import Share
from edge.bulk.piecework import Failed, Inspector, Outcome, Task
from edge.bulk.processes import ONE_THREAD
from edge.errors import ConfigError

NOT_INSTALLED = "--engine ray needs Ray; install it: pip install 'citysteward[ray]'"


class _Hand:
    """An actor: one set of models, one task at a time."""

    def __init__(self) -> None:
        self._inspector = Inspector()

    def do(self, task: Task) -> Outcome:
        return self._inspector.do(task, lambda _: None)


@dataclass(frozen=True, slots=True)
class RayEngine:
    """See the module. jobs: how many at a time."""

    jobs: int

    def outcomes(self, tasks: Sequence[Task], share: Share) -> Generator[Outcome]:  # noqa: ARG002  (told by the piece)
        """As edge.bulk.engine.Engine says; how far a task is is not told before its end."""
        ray = _ray()
        if not ray.is_initialized():
            here = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": self.jobs, "include_dashboard": False}
            ray.init(log_to_driver=False, runtime_env={"env_vars": ONE_THREAD}, **here)
        actor = ray.remote(num_cpus=1)(_Hand)
        waiting, running = deque(tasks), dict[Any, tuple[Any, Task]]()
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    _give(running, actor.remote(), waiting.popleft())
                for ready in ray.wait(list(running))[0]:
                    hand, task = running.pop(ready)
                    try:
                        told: Outcome = ray.get(ready)
                    except ray.exceptions.RayError as error:
                        why = str(error).strip().splitlines()[0]
                        told = Failed(task.number, f"{task.piece.footage}: the process that inspected it died ({why})")
                    else:
                        if waiting:
                            _give(running, hand, waiting.popleft())
                    yield told
        finally:
            ray.shutdown()


def _give(running: dict[Any, tuple[Any, Task]], hand: Any, task: Task) -> None:
    running[hand.do.remote(task)] = hand, task


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing of a city's work is told to anybody
    try:
        import ray
    except ImportError as missing:
        raise ConfigError(NOT_INSTALLED) from missing
    return ray
