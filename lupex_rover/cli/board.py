"""`lupex board`: one board at bring-up, without the rest of the rover."""

from __future__ import annotations

import json
import math
import signal
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lupex_rover.core.errors import Broken, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lupex_rover.drivers.bring_up import BoardSession
    from lupex_rover.drivers.link import CommandOutcome
    from lupex_rover.protocol.declaration import BoardDeclaration, Message

ACTIONS = ("ping", "hk", "list", "send", "watch")
HK_WAIT_S = 3.0  # housekeeping comes each second
FOREVER_S = 1e9  # a person ends it


def board(
    name: Annotated[str, typer.Argument(help="MOB, IMU, ... or a board that a package adds.")],
    action: Annotated[str, typer.Argument(help=f"{', '.join(ACTIONS)}.")] = "list",
    words: Annotated[
        list[str] | None, typer.Argument(help="After send: TELECOMMAND FIELD=VALUE ...")
    ] = None,
    port: Annotated[str | None, typer.Option(help="Serial device, or any pyserial URL.")] = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder of a running `lupex sim`: its ports.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Rover configuration with the ports, else the shipped one.")
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", help="s; send: repeat a motion telecommand, then stop. watch: end."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Talk to one board: ping it, read its housekeeping, send any telecommand, watch telemetry."""
    from lupex_rover.protocol.boards import declaration

    declared = declaration(name)
    if action not in ACTIONS:
        raise UserError(f"{action!r} is unknown; known: {', '.join(ACTIONS)}")
    if words and action != "send":
        raise UserError(f"{action} takes no more words: {' '.join(words)}")
    if for_s is not None and not (math.isfinite(for_s) and for_s > 0.0):
        raise UserError(f"--for: {for_s:g} is not a number of seconds above 0")
    if for_s is not None and action not in ("send", "watch"):
        raise UserError(f"--for goes with send and watch, not with {action}")
    if action == "list":
        _list(declared, as_json)
        return
    job = _job(declared, action, words or [], for_s, as_json)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # a board that moves is stopped then, too
    with _session(declared, port, run, config) as session:
        job(session)


def _job(
    declared: BoardDeclaration, action: str, words: list[str], for_s: float | None, as_json: bool
) -> Callable[[BoardSession], None]:
    """What to do with the open port; whatever the words lack is told before it is opened."""
    if action == "ping":
        return lambda session: _ping(session, as_json)
    if action == "hk":
        return lambda session: _housekeeping(session, as_json)
    if action == "watch":
        return lambda session: _watch(session, for_s or FOREVER_S, as_json)
    return _send(declared, words, for_s, as_json)


@contextmanager
def _session(
    declared: BoardDeclaration, port: str | None, run: Path | None, config: Path | None
) -> Iterator[BoardSession]:
    from lupex_rover.drivers.bring_up import BoardSession
    from lupex_rover.transport.serial_port import SerialPort

    stream = SerialPort(_url(declared.name, port, run, config))
    zero_ns = time.time_ns() - time.monotonic_ns()
    try:
        yield BoardSession(declared, stream, lambda: zero_ns + time.monotonic_ns(), time.sleep)
    finally:
        stream.close()


def _url(name: str, port: str | None, run: Path | None, config: Path | None) -> str:
    """Where the board is: `--port`, else the running simulator's, else the configuration's."""
    from lupex_rover.scenarios import rover_config, run_file

    if sum(given is not None for given in (port, run, config)) > 1:
        raise UserError("give one of --port, --run and --config")
    if port is not None:
        return port
    if run is not None:
        ports, where = run_file.read(run).ports or {}, f"{run / 'run.json'}.ports"
    else:
        ports, where = rover_config.read_ports(config)
    if name not in ports:
        raise UserError(f"{where}: no port for {name}; give --port")
    return str(ports[name])


# --- what is done -------------------------------------------------------------------------------


def _ping(session: BoardSession, as_json: bool) -> None:
    from lupex_rover.protocol.messages import Ping

    _end(session.board.name, session.send(Ping()), as_json)


def _housekeeping(session: BoardSession, as_json: bool) -> None:
    from lupex_rover.protocol.messages import Housekeeping

    for payload, t_ns in session.watch(HK_WAIT_S):
        if isinstance(payload, Housekeeping):
            _tell(session.board, payload, t_ns, as_json)
            return
    raise Broken(f"{session.board.name}: no housekeeping within {HK_WAIT_S:g} s{_counts(session)}")


def _watch(session: BoardSession, duration_s: float, as_json: bool) -> None:
    heard = 0
    for payload, t_ns in session.watch(duration_s):
        heard += 1
        _tell(session.board, payload, t_ns, as_json)
    if not heard:
        raise Broken(f"{session.board.name}: said nothing in {duration_s:g} s{_counts(session)}")


def _send(
    declared: BoardDeclaration, words: list[str], for_s: float | None, as_json: bool
) -> Callable[[BoardSession], None]:
    from lupex_rover.protocol import command_text

    if not words:
        names = ", ".join(t.name for t in declared.all_telecommands)
        raise UserError(f"{declared.name} send: which telecommand? {names}")
    command = command_text.telecommand(declared, words[0])
    if for_s is not None and not command.motion:
        raise UserError(f"--for: {declared.name} {command.name} is no motion telecommand")
    payload = command_text.payload(declared, command, words[1:])

    def once(session: BoardSession) -> None:
        _end(declared.name, session.send(payload), as_json)
        if command.motion:
            print("the board stops by itself after 0.5 s; --for SECONDS repeats", file=sys.stderr)

    def repeatedly(session: BoardSession) -> None:
        told = f"{declared.name}: {command.name} is repeated for {for_s:g} s; Ctrl-C stops it"
        print(told, file=sys.stderr, flush=True)
        ends = session.keep(command, payload, for_s or 0.0)
        for end in [end for end in ends if end.status != 0][:1]:
            _end(declared.name, end, as_json)
        sent = len(ends) - 2
        if as_json:
            line = {"board": declared.name, "telecommand": command.name, "status": "accepted"}
            print(json.dumps({**line, "sent": sent, "stopped": True}))
        else:
            print(f"{declared.name}: {command.name} sent {sent} times, stopped")

    return once if for_s is None else repeatedly


# --- what is told -------------------------------------------------------------------------------


def _end(name: str, end: CommandOutcome, as_json: bool) -> None:
    """Tell how a telecommand ended; Broken where it was not accepted."""
    from lupex_rover.drivers.link import NO_ANSWER
    from lupex_rover.protocol.declaration import message_name
    from lupex_rover.protocol.messages import AckStatus

    what = message_name(type(end.payload))
    if end.status == NO_ANSWER:
        raise Broken(f"{name}: {what} was not confirmed; is the board powered, the port right?")
    known = end.status in set(AckStatus)
    status = AckStatus(end.status).name.lower() if known else f"status {end.status}"
    if end.status != AckStatus.ACCEPTED:
        hint = "; ENABLE 1 allows motion, ENABLE 0 leaves SAFE" if status == "state" else ""
        raise Broken(f"{name}: {what} was refused: {status}{hint}")
    if as_json:
        print(json.dumps({"board": name, "telecommand": what, "status": status,
                          "latency_s": round(end.latency_s, 6)}))  # fmt: skip
    else:
        print(f"{name}: {what} {status} after {end.latency_s * 1e3:.1f} ms")


def _tell(declared: BoardDeclaration, payload: Any, t_ns: int, as_json: bool) -> None:
    """One line of telemetry."""
    from lupex_rover.core.time import to_iso
    from lupex_rover.protocol.layouts import of

    layout = of(type(payload))
    if as_json:
        fields = {name: _plain(value) for name, value in zip(layout.fields, payload)}
        line = {"board": declared.name, "time": to_iso(t_ns), "message": layout.name, **fields}
        print(json.dumps(line), flush=True)
        return
    told = [
        f"{name}={_text(value)}{f' {field.unit}' if field.unit else ''}"
        for (name, field), value in zip(layout.fields.items(), payload)
    ]
    print(f"{to_iso(t_ns)} {layout.name} {'  '.join(told)}", flush=True)


def _plain(value: Any) -> Any:
    """As JSON has it: bytes in hexadecimal, None for what is no finite number."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(_text(part) for part in value)
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _counts(session: BoardSession) -> str:
    link = session.link
    return f" ({link.received} packets good, {link.dropped} bad)" if link.dropped else ""


def _list(declared: BoardDeclaration, as_json: bool) -> None:
    """Every message of the board with its fields."""
    if as_json:
        print(json.dumps(_listed(declared)))
        return
    print(f"{declared.name} (APID {declared.apid:#x}): {declared.about}")
    for command in declared.all_telecommands:
        motion = f", motion: repeat at {command.repeat_hz:g} Hz" if command.motion else ""
        _list_message("send", command, motion)
    for told in declared.all_telemetry:
        _list_message("tells", told, f", {told.rate_hz:g} Hz" if told.rate_hz else "")


def _list_message(verb: str, message: Message, more: str) -> None:
    print(f"  {verb} {message.name} ({message.message_id:#04x}{more}): {message.about}")
    for name, field in message.fields.items():
        about = f"  {field.about}" if field.about else ""
        allowed = field.range_text if verb == "send" else field.unit
        print(f"      {name:<24}{field.type_name:<8}{allowed}{about}")


def _listed(declared: BoardDeclaration) -> dict[str, Any]:
    def message(m: Message) -> dict[str, Any]:
        fields = {
            name: {"type": f.type_name, "unit": f.unit, "allowed": f.range_text, "about": f.about}
            for name, f in m.fields.items()
        }
        return {"name": m.name, "id": m.message_id, "about": m.about, "fields": fields}

    commands = [{**message(t), "repeat_hz": t.repeat_hz} for t in declared.all_telecommands]
    told = [{**message(t), "rate_hz": t.rate_hz} for t in declared.all_telemetry]
    return {
        "board": declared.name, "apid": declared.apid, "about": declared.about,
        "telecommands": commands, "telemetry": told,
    }  # fmt: skip
