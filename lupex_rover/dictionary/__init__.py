"""The rover's dictionary: commands, events, telemetry points and parameters, each with a number.

`load()` reads the committed registry and imports no subsystem. A number never changes and is never
given again. `./lupex dictionary --update` gives what is new in the code the next number.
"""

from __future__ import annotations

from lupex_rover.dictionary.entries import (
    Argument,
    Command,
    Dictionary,
    Event,
    Parameter,
    Significance,
    TelemetryPoint,
)
from lupex_rover.dictionary.registry_files import load

__all__ = [
    "Argument",
    "Command",
    "Dictionary",
    "Event",
    "Parameter",
    "Significance",
    "TelemetryPoint",
    "load",
]
