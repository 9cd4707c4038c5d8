"""Parameters of the recorder of host `ros`: key `recorder` of a scenario and of `rover.yaml`."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class RecorderParams:
    chunk_s: float = param(
        1.0, "longest wall-clock time that a message waits in memory for its chunk to be written;"
        " so much is lost at most when the recorder is killed", unit="s", low=0.05, high=60,
    )  # fmt: skip
    images_free_mb: float = param(
        2000.0, "free space of the disk below which pictures are not recorded", unit="MB", low=0,
    )  # fmt: skip
    costmaps_free_mb: float = param(
        1000.0, "free space of the disk below which cost maps are not recorded either",
        unit="MB", low=0,
    )  # fmt: skip
    fast_free_mb: float = param(
        500.0, "free space of the disk below which telemetry of 8 messages a second and more is"
        " not recorded either; the rest always is, as long as the disk takes it", unit="MB", low=0,
    )  # fmt: skip
    margin_mb: float = param(
        200.0, "what is given up is taken up again with so much more space than its limit",
        unit="MB", low=0,
    )  # fmt: skip
    memory_mb: float = param(
        64.0, "what a full disk does not take waits in memory up to this; beyond, messages are"
        " left out", unit="MB", low=1, high=4000,
    )  # fmt: skip

    split_mb: float = param(
        256.0, "size of a file after which the rover's recorder begins the next; the bag of a"
        " simulated mission is one file", unit="MB", low=1, high=1e6,
    )  # fmt: skip
    split_h: float = param(
        6.0, "time after which the rover's recorder begins the next file", unit="h", low=0.001,
        high=1000,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "fast_free_mb", "costmaps_free_mb", "images_free_mb")
