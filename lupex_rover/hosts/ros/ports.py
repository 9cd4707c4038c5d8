"""The serial ports of one process, by board."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lupex_rover.core.errors import UserError
from lupex_rover.transport.reopener import Reopener
from lupex_rover.transport.serial_port import SerialPort

WAIT_S = 0.05  # for bytes that the other end says it has sent


class Ports:
    """Opens ports as nodes are configured and counts the bytes of each.

    A port whose device goes away is told once, closed, and opened again when the device is back;
    the other ports are served all the while. A `/dev/pts/N` is not opened again: its number may by
    then be another program's terminal.

    Parameters
    ----------
    urls : Mapping[str, str]
        Pyserial URL by board.
    reopen_s : float or None
        From one look for a lost device to the next, s; None: it is not looked for.

    Attributes
    ----------
    sent : dict[str, int]
        Bytes given to each port.
    news : list[str]
        Devices that were lost, found, or full for the first time; the owner tells and clears it.
    """

    def __init__(self, urls: Mapping[str, str], reopen_s: float | None = None) -> None:
        self._urls = urls
        self._reopen_s = reopen_s
        self._open: dict[str, SerialPort] = {}
        self._lost: dict[str, Reopener | None] = {}
        self._full: set[str] = set()  # boards whose port has not taken all, since it was opened
        self._received: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.news: list[str] = []
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
        self._lost.pop(board, None)
        self._full.discard(board)
        port = self._open.pop(board, None)
        if port is not None:
            port.close()

    def close_all(self) -> None:
        for board in list(self._open):
            self.close(board)

    def read(self) -> dict[str, bytes]:
        """What has come on every port."""
        now_s = time.monotonic()
        self._find_lost(now_s)
        self._take_back(now_s)
        data = {board: port.read() for board, port in self._open.items()}
        for board, part in data.items():
            self._received[board] += len(part)
        return data

    def _find_lost(self, now_s: float) -> None:
        """Tell what has gone wrong since the last read, each once."""
        for board, port in self._open.items():
            if port.lost and board not in self._lost:
                self._lost[board] = self._reopener(port.url, now_s)
                again = "it is looked for" if self._lost[board] else "it is not looked for"
                self.news.append(f"{board}: device at {port.url} is lost; {again}; check its cable")
            elif port.lost_bytes and not port.lost and board not in self._full:
                self._full.add(board)
                self.news.append(f"{board}: device at {port.url} does not take what is sent to it")

    def _take_back(self, now_s: float) -> None:
        """Use again what has come back."""
        for board, reopener in list(self._lost.items()):
            found = reopener.poll(now_s) if reopener is not None else None
            if found is not None:
                missed = f"it missed {self._open[board].lost_bytes} bytes"
                self.news.append(f"{board}: device at {found.url} is back; {missed}")
                del self._lost[board]
                self._full.discard(board)
                self._open[board] = found

    def _reopener(self, url: str, now_s: float) -> Reopener | None:
        if self._reopen_s is None or url.startswith("/dev/pts/"):
            return None
        return Reopener(url, self._reopen_s, now_s)

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
        """File numbers of the open ports, to wait for bytes; one that is lost has none."""
        return [port.fileno() for port in self._open.values() if not port.lost]
