"""The folder of a campaign: what is flown, the rows flown so far, how to fly one again."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import shlex
from pathlib import Path
from typing import Any

from lupex_rover.core.config_file import plain, read_json, to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.runs.campaign_flight import COLUMNS
from lupex_rover.runs.dispersions import Dispersion
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.scenario import Scenario

TEXT = ("outcome", "why")
WHOLE = ("seed", "camera_px", "fixes", "rejected")
HEAD = ",".join(COLUMNS)  # of runs.csv
Row = dict[str, Any]


class CampaignFolder:
    """`campaign.json` (scenario and what is varied), `runs.csv`, `scenarios/SEED.yaml`.

    Raises
    ------
    UserError
        The folder cannot be written, or holds a campaign of something else.
    """

    def __init__(self, path: Path, scenario: Scenario, varied: list[Dispersion]) -> None:
        self.path = path
        self._scenario = scenario
        self._varied = bool(varied)
        about = _about(scenario, varied)
        note = path / "campaign.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
            if note.exists() and read_json(note) != about:
                raise UserError(
                    f"--out {path}: holds a campaign of another scenario or --vary file;"
                    " give another folder"
                )
            self.rows = self._read()
            if not note.exists():
                write_whole(note, json.dumps(about, indent=1) + "\n")
        except (OSError, ValueError) as error:
            raise UserError(f"--out {path}: cannot be used ({error})") from None

    def _read(self) -> list[Row]:
        """The whole rows; one that was cut off while being written is dropped, also in the file.

        Of a seed that stands there twice the first row counts.
        """
        path = self.path / "runs.csv"
        if not path.exists():
            self._write([])
            return []
        try:
            text = path.read_bytes().decode("utf-8", errors="replace")
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        if "\n" not in text and HEAD.startswith(text):  # cut off while its head was written
            text = ""
        reader = csv.DictReader(io.StringIO(text, newline=""))
        lines = list(reader)
        if text and not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise UserError(
                f"{path}: not the rows of a campaign (its columns are others); give another folder"
            )
        torn = bool(lines) and (not text.endswith("\n") or not _whole(lines[-1]))
        rows: dict[int, Row] = {}
        for number, line in enumerate(lines[: len(lines) - torn], 1):
            try:
                row = _typed(line)
            except (KeyError, ValueError, AttributeError, TypeError) as error:
                raise UserError(f"{path}: row {number} is not of a campaign ({error})") from None
            rows.setdefault(row["seed"], row)
        if torn or not text.endswith("\n"):
            self._write(list(rows.values()))
        return list(rows.values())

    def _write(self, rows: list[Row]) -> None:
        with (self.path / "runs.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def add(self, row: Row) -> None:
        """Append a row; it is on the disk when this returns."""
        path = self.path / "runs.csv"
        try:
            with path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(row)
        except OSError as error:
            raise UserError(
                f"{path}: cannot be written ({error.strerror}); the same command goes on from there"
            ) from None
        self.rows.append(row)

    def abandon(self) -> None:
        """Leave nothing of a campaign that flew nothing; another may take the folder."""
        if not self.rows:
            for name in ("campaign.json", "runs.csv"):
                (self.path / name).unlink(missing_ok=True)

    def keep(self, scenario: Scenario) -> None:
        """Write the scenario of one seed, so that `lupex mission` can fly it."""
        if not self._varied:
            return
        path = self.path / "scenarios" / f"{scenario.seed}.yaml"
        text = to_yaml(scenarios.values(scenario))
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from None
        write_whole(path, text)

    def command(self, seed: int) -> str:
        """The command that flies the run of `seed` again, with bag and report."""
        source: Any = self._scenario.source or self._scenario.name
        if self._varied:
            source = self.path / "scenarios" / f"{seed}.yaml"
        phases = ",".join(self._scenario.phases)
        return (
            f"./lupex mission --scenario {shlex.quote(str(source))} --seed {seed}"
            f" --phases {phases} --host harness"
        )


def _about(scenario: Scenario, varied: list[Dispersion]) -> dict[str, Any]:
    about = {
        "scenario": scenarios.values(dataclasses.replace(scenario, seed=0)),
        "vary": [dataclasses.asdict(line) for line in varied],
    }
    copy: dict[str, Any] = plain(about)
    return copy


def _typed(line: dict[str, str]) -> Row:
    return {name: _value(name, line[name]) for name in COLUMNS}


def _whole(line: dict[str, Any]) -> bool:
    """Has it all its fields? What lacks some was cut off."""
    return all(line.get(name) is not None for name in COLUMNS) and None not in line


def _value(name: str, text: str) -> Any:
    if name in TEXT:
        return text
    if text == "":
        return None
    if name == "hard":
        return text == "True"
    if name in WHOLE:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None
