"""The serial ports of one process, by board."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lupex_rover.core.errors import UserError
from lupex_rover.transport import Transport
from lupex_rover.transport.serial_port import SerialPort

WAIT_S = 0.05  # for bytes that the other end says it has sent


class Ports:
    """Opens ports as nodes are configured and counts the bytes of each."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._open: dict[str, Transport] = {}
        self._received: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self._offset: dict[str, int] = {}

    def open(self, board: str) -> None:
        """Open the board's port.

        Raises
        ------
        UserError
            No port is configured for the board, or it is missing or taken.
        """
        if board in self._open:
            return
        if board not in self._urls:
            raise UserError(f"no port is given for board {board}; set ports.{board}")
        self._open[board] = SerialPort(self._urls[board])
        self._received[board] = self.sent[board] = 0

    def close(self, board: str) -> None:
        port = self._open.pop(board, None)
        if port is not None:
            port.close()

    def close_all(self) -> None:
        for board in list(self._open):
            self.close(board)

    def read(self) -> dict[str, bytes]:
        """What has come on every port."""
        data = {board: port.read() for board, port in self._open.items()}
        for board, part in data.items():
            self._received[board] += len(part)
        return data

    def read_until(self, counts: Mapping[str, int]) -> dict[str, bytes]:
        """Read until each port has given as many bytes in all as the other end has sent.

        A pseudo-terminal hands bytes over a little later than they were written. Where they do
        not come within `WAIT_S` (this end was opened later) the difference is accepted from then.
        """
        data = self.read()
        end = time.monotonic() + WAIT_S
        while self._short(counts):
            if time.monotonic() > end:
                for board in self._short(counts):
                    self._offset[board] = counts[board] - self._received[board]
                break
            time.sleep(20e-6)
            for board, part in self.read().items():
                data[board] += part
        return data

    def _short(self, counts: Mapping[str, int]) -> list[str]:
        return [
            board
            for board in self._open
            if self._received[board] + self._offset.get(board, 0) < counts.get(board, 0)
        ]

    def write(self, tx: Mapping[str, bytes]) -> bool:
        """Send; True when anything was sent."""
        for board, data in tx.items():
            if board in self._open:
                self._open[board].write(data)
                self.sent[board] += len(data)
        return bool(tx)

    def filenos(self) -> list[int]:
        """File numbers of the open ports, to wait for bytes."""
        return [port.fileno() for port in self._open.values() if hasattr(port, "fileno")]
