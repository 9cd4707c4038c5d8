"""What each board adds to `Board`: its telecommands and its telemetry."""

from __future__ import annotations

from typing import Any

import numpy as np

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.types import LOADS
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.messages import AckStatus, State
from lupex_rover.simulator import plants
from lupex_rover.simulator.boards.base import Board

OK = AckStatus.ACCEPTED
SLOTS = 8
FLOAT32 = 2.0**-23  # relative rounding of a number on the wire
FIRST_HEATER = LOADS.index("battery_heater")  # a heater may also be named by its load


def _vec(values: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


class MobilityBoard(Board):
    name = "MOB"
    FIXED = ("plant", "_track_limit_mps")

    def __init__(
        self, plant: plants.MobilityPlant, track_limit_mps: float = TRACK_LIMIT_MPS
    ) -> None:
        self.plant = plant
        self._track_limit_mps = track_limit_mps * (1.0 + FLOAT32)
        super().__init__()
        self.telemetry = {m.DriveState: self._state}
        self.actions = {m.Drive: self._drive}

    def stop(self) -> None:
        self.plant.stop()

    def _drive(self, command: m.Drive) -> AckStatus:
        if max(map(abs, command.track_speed_mps)) > self._track_limit_mps:
            return AckStatus.RANGE
        self.plant.command(np.array(command.track_speed_mps), np.array(command.steer_angle_rad))
        return OK

    def _state(self) -> list[Any]:
        return [m.DriveState(*(_vec(v) for v in self.plant.drive_state()))]


class InertialBoard(Board):
    name = "IMU"
    FIXED = ("plant",)

    def __init__(self, plant: plants.InertialPlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.Inertial: self._sample}

    def _sample(self) -> list[Any]:
        rate, force = self.plant.inertial()
        return [m.Inertial(tuple(rate), tuple(force))]


class StarBoard(Board):
    name = "STR"
    FIXED = ("plant",)

    def __init__(self, plant: plants.StarPlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.Attitude: self._attitude}

    def _attitude(self) -> list[Any]:
        quaternion, sigma, valid = self.plant.attitude()
        return [m.Attitude(_vec(quaternion), float(sigma), int(valid))]


class PowerBoard(Board):
    name = "EPS"
    FIXED = ("plant",)

    def __init__(self, plant: plants.PowerPlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.Power: self._power}
        self.actions = {
            m.Switch: self._switch, m.Heater: self._heater, m.Hibernate: self._hibernate,
        }  # fmt: skip

    def _switch(self, command: m.Switch) -> AckStatus:
        self.plant.switch(command.load, bool(command.on))
        loads_on = self.plant.power()[5]  # not the computer, nothing while asleep
        return OK if bool(loads_on >> command.load & 1) == bool(command.on) else AckStatus.STATE

    def _heater(self, command: m.Heater) -> AckStatus:
        number = command.heater if command.heater < FIRST_HEATER else command.heater - FIRST_HEATER
        self.plant.heater(number, command.set_point_degc)
        return OK

    def _hibernate(self, command: m.Hibernate) -> AckStatus:
        self.plant.hibernate(command.seconds)
        return OK

    def _power(self) -> list[Any]:
        bus, volt, amp, degc, array, loads, watts = self.plant.power()
        return [m.Power(bus, volt, amp, degc, _vec(array), int(loads), _vec(watts))]


class DrillBoard(Board):
    name = "DRL"
    FIXED = ("plant",)

    def __init__(self, plant: plants.DrillPlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.DrillState: self._state}
        self.actions = {m.Drill: self._drill, m.Gate: self._gate, m.Deliver: self._deliver}

    def stop(self) -> None:
        self.plant.stop()

    def _drill(self, command: m.Drill) -> AckStatus:
        self.plant.command(
            command.auger_rpm, command.feed_mps, command.wob_limit_n, bool(command.percussion)
        )
        return OK

    def _gate(self, command: m.Gate) -> AckStatus:
        if self.state == State.SAFE:
            return AckStatus.STATE
        self.plant.gate(bool(command.open))
        return OK

    def _deliver(self, command: m.Deliver) -> AckStatus:
        if self.state == State.SAFE:
            return AckStatus.STATE
        return OK if self.plant.deliver(command.cup) else AckStatus.STATE

    def _state(self) -> list[Any]:
        return [m.DrillState(*self.plant.drill_state())]


class PayloadBoard(Board):
    name = "SCI"
    SAVED = ("_records",)
    FIXED = ("plant",)

    def __init__(self, plant: plants.PayloadPlant) -> None:
        self.plant = plant
        self._records: dict[int, int] = {}
        super().__init__()
        self.telemetry = {m.SlotData: self._data}
        self.actions = {m.SlotPower: self._power, m.SlotCommand: self._command}

    def lose_power(self) -> None:
        for slot in range(SLOTS):
            self.plant.slot_power(slot, False)
        self._records.clear()

    def _power(self, command: m.SlotPower) -> AckStatus:
        self.plant.slot_power(command.slot, bool(command.on))
        return OK

    def _command(self, command: m.SlotCommand) -> AckStatus:
        return AckStatus(self.plant.slot_command(command.slot, command.opcode, command.data))

    def _data(self) -> list[Any]:
        sent = []
        for slot, kind, data in self.plant.records():
            number = self._records.get(slot, 0)
            self._records[slot] = number + 1 & 0xFFFFFFFF
            sent.append(m.SlotData(slot, kind, number, data))
        return sent


class LanderBoard(Board):
    name = "LND"
    FIXED = ("plant",)

    def __init__(self, plant: plants.LanderPlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.Altimeter: self._altimeter}

    def _altimeter(self) -> list[Any]:
        slant, velocity, valid, touchdown = self.plant.altimeter()
        return [m.Altimeter(float(slant), _vec(velocity), int(valid), int(touchdown))]


class GuidanceBoard(Board):
    name = "LGC"
    FIXED = ("plant",)

    def __init__(self, plant: plants.GuidancePlant) -> None:
        self.plant = plant
        super().__init__()
        self.telemetry = {m.GuidanceState: self._state}
        self.actions = {m.NavUpdate: self._update}

    def _update(self, command: m.NavUpdate) -> AckStatus:
        self.plant.nav_update(
            np.array(command.position_m),
            np.array(command.velocity_mps),
            np.array(command.target_m),
        )
        return OK

    def _state(self) -> list[Any]:
        position, velocity, phase = self.plant.guidance_state()
        return [m.GuidanceState(_vec(position), _vec(velocity), int(phase))]
