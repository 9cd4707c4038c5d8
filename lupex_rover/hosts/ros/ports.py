"""The serial ports of one process, by board."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from lupex_rover.core.errors import UserError
from lupex_rover.transport.reopener import Reopener
from lupex_rover.transport.serial_port import SerialPort

WAIT_S = 0.05  # for bytes that the other end says it has sent


class News(NamedTuple):
    """What happened to a port: the code of its event, one of `hosts.codes`, and words."""

    code: str
    text: str


class LostPort:
    """Stands for a port that was not there when it was to be opened."""

    lost = True

    def __init__(self, url: str) -> None:
        self.url = url
        self.lost_bytes = 0

    def read(self) -> bytes:
        """Nothing."""
        return b""

    def write(self, data: bytes) -> None:
        """Counts what is lost."""
        self.lost_bytes += len(data)

    def fileno(self) -> int:
        """There is none."""
        raise OSError("the port is not open")

    def close(self) -> None:
        """Nothing is open."""


class Ports:
    """Opens ports as nodes are configured and counts the bytes of each.

    A port whose device goes away is told once, closed, and opened again when the device is back;
    the other ports are served all the while. Where lost ports are looked for, one that is missing
    when it is to be opened counts as lost. A `/dev/pts/N` is not opened again: its number may by
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
    news : list[News]
        Devices that were lost, found, or full for the first time; the owner tells and clears it.
    """

    def __init__(self, urls: Mapping[str, str], reopen_s: float | None = None) -> None:
        self._urls = urls
        self._reopen_s = reopen_s
        self._open: dict[str, SerialPort | LostPort] = {}
        self._lost: dict[str, Reopener | None] = {}
        self._full: set[str] = set()  # boards whose port has not taken all, since it was opened
        self._received: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.news: list[News] = []
        self._offset: dict[str, int] = {}

    def open(self, board: str) -> None:
        """Open the board's port.

        Raises
        ------
        UserError
            No port is configured for the board, or it is missing or taken, and lost ports are not
            looked for.
        """
        if board in self._open:
            return
        url = self._urls.get(board, "")
        try:
            if not url:
                raise UserError(f"no port is given for board {board}; set ports.{board}")
            self._open[board] = SerialPort(url)
        except UserError as error:
            if self._reopen_s is None:
                raise
            self._open[board] = LostPort(url)
            self._lost[board] = self._reopener(url, time.monotonic())
            again = "it is looked for" if self._lost[board] else "it is not looked for"
            self.news.append(News("HST-024", f"{board}: {error}; {again}"))
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
                text = f"{board}: device at {port.url} is lost; {again}; check its cable"
                self.news.append(News("HST-024", text))
            elif port.lost_bytes and not port.lost and board not in self._full:
                self._full.add(board)
                text = f"{board}: device at {port.url} does not take what is sent to it"
                self.news.append(News("HST-024", text))

    def _take_back(self, now_s: float) -> None:
        """Use again what has come back."""
        for board, reopener in list(self._lost.items()):
            found = reopener.poll(now_s) if reopener is not None else None
            if found is not None:
                missed = f"it missed {self._open[board].lost_bytes} bytes"
                text = f"{board}: device at {found.url} is back; {missed}"
                self.news.append(News("HST-025", text))
                del self._lost[board]
                self._full.discard(board)
                self._open[board] = found

    def _reopener(self, url: str, now_s: float) -> Reopener | None:
        if self._reopen_s is None or not url or url.startswith("/dev/pts/"):
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
