"""A bag that may go on for months: a folder of files, as rosbag2 splits its bags.

Each file can be read alone: it begins with what the latched topics had said last.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lupex_rover.bags.lasting_bag import LastingBag
from lupex_rover.bags.metadata_yaml import BagContents, write_folder
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import make_folder
from lupex_rover.graph import QOS, TOPICS
from lupex_rover.scenarios.recorder_params import RecorderParams

MB, HOUR_S = 1_000_000, 3600.0
AGAIN_S = 60.0  # between two tries to begin a file
NOT_SPLIT = "HST-032"


class SplitBag:
    """Writes as `LastingBag` does, to one file after the other.

    Parameters
    ----------
    folder : Path
        Of this bag alone; it is made.
    clock : Callable[[], float]
        Which nobody sets, s.

    Attributes
    ----------
    tell : Callable[[str, str], object]
        Is told a code of the hosts and one line.

    Raises
    ------
    UserError
        The first file cannot be made.
    """

    def __init__(
        self, folder: Path, params: RecorderParams, clock: Callable[[], float] = time.monotonic
    ) -> None:
        make_folder(folder)
        self.tell: Callable[[str, str], object] = lambda code, text: None
        self._folder, self._params, self._clock = folder, params, clock
        self._files: dict[str, BagContents] = {}
        self._latched: dict[str, bytes] = {}  # the last of each topic
        self._t_ns = 0
        self._again_s = 0.0
        self._bag, self._begun_s = self._next()
        self._list()

    def write(self, topic: str, cdr: bytes, t_ns: int) -> None:
        """Write one message that is already CDR."""
        depth, _, latched = QOS[TOPICS[topic].qos]
        if latched and depth == 1:
            self._latched[topic] = cdr
        self._t_ns = t_ns
        self._bag.write(topic, cdr, t_ns)

    def turn(self) -> None:
        """As `LastingBag.turn`; begin the next file when it is time."""
        self._bag.turn()
        now_s = self._clock()
        large = self._bag.size >= self._params.split_mb * MB
        long = now_s - self._begun_s >= self._params.split_h * HOUR_S
        if (large or long) and now_s >= self._again_s and not self._bag.waiting:
            self._again_s = now_s + AGAIN_S
            self._split()

    def close(self) -> None:
        """End the last file; a second call does nothing."""
        self._bag.close()
        self._list()

    def _split(self) -> None:
        try:
            bag, begun_s = self._next()
        except UserError as error:
            self.tell(NOT_SPLIT, str(error))
            return
        self._bag.close()
        self._bag, self._begun_s, self._again_s = bag, begun_s, 0.0
        for topic, cdr in self._latched.items():
            bag.write(topic, cdr, self._t_ns)
        self._list()

    def _next(self) -> tuple[LastingBag, float]:
        """The next file, and when it was begun."""
        path = self._folder / f"{self._folder.name}_{len(self._files)}.mcap"
        bag = LastingBag(path, self._params, self._pass_on, alone=False)
        self._files[path.name] = bag.contents
        return bag, self._clock()

    def _pass_on(self, code: str, text: str) -> None:
        self.tell(code, text)

    def _list(self) -> None:
        """`metadata.yaml` names the files there are; it is a hint, the files are the bag."""
        try:
            write_folder(self._folder, self._files)
        except (UserError, OSError) as error:
            self.tell(NOT_SPLIT, str(error))


def next_folder(bags: Path) -> Path:
    """The folder of the next bag in `bags`: 0001, 0002, ..."""
    numbers = [int(path.name) for path in bags.glob("[0-9]*") if path.name.isdigit()]
    return bags / f"{max(numbers, default=0) + 1:04}"
