"""The graph on the rover's boards: flight processes, cameras, recorder, and who watches them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from lupex_rover.core.types import Event
from lupex_rover.events.event_store import NAME, EventStore
from lupex_rover.runs.fly_ros import start_flight
from lupex_rover.runs.out_folder import claim
from lupex_rover.runs.supervisor import print_event, supervised
from lupex_rover.scenarios.rover_config import RoverConfig, write_run


def fly(config: RoverConfig, out: Path, composed: bool) -> None:
    """Start the processes in `out` and watch them until a signal comes.

    Raises
    ------
    KeyboardInterrupt
        A signal came; all has been made safe.
    UserError, Broken
        As `Supervisor.look`.
    """
    with claim(out), contextlib.closing(EventStore(out / NAME)) as events:

        def tell(event: Event) -> None:
            print_event(event)
            events.add([event])

        with supervised(out, tell) as (_, supervisor):
            write_run(config, out)
            if config.record:  # begun first, ended last
                supervisor.start("recorder", "lupex_rover.programs.recorder", "--run", str(out))
            start_flight(supervisor, out, composed, False)
            if config.cameras:
                supervisor.start("cameras", "lupex_rover.programs.cameras", "--run", str(out))
            print(json.dumps({"up": "rover", "folder": str(out)}), flush=True)
            while True:
                supervisor.rest()
                supervisor.look()
