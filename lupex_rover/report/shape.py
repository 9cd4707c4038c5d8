"""What a `result.json` must hold for its page to be drawn."""

from __future__ import annotations

from typing import Any

from lupex_rover.core.errors import UserError

Number, Text, Whole = (int, float, type(None)), (str,), (int,)  # null: not known
NAMES = {Number: "a number", Text: "a text", Whole: "a whole number"}
PHASE = {key: Text for key in ("name", "start_utc", "end_utc", "outcome", "code")}
EVENT = {key: Text for key in ("utc", "severity", "source", "code", "text")}
SAMPLE = {
    "depth_m": Number, "water_wt_pct": Number, "sigma_wt_pct": Number, "truth_wt_pct": Number,
}  # fmt: skip
# a dict: these keys at least; a list: any number of such
RESULT: dict[str, Any] = {
    "outcome": Text, "scenario": Text, "seed": Whole, "unmet": [Text],
    "phases": [PHASE], "events": [EVENT],
    "landing": {"error_m": Number, "fixes": Whole, "rejected": Whole},
    "traverse": {"distance_m": Number, "max_tilt_deg": Number},
    "drill": {"depth_m": Number},
    "science": {"samples": [SAMPLE]},
    "power": {"min_soc": Number, "night_h": Number},
}  # fmt: skip


def check(value: Any, file: str, shape: Any = RESULT, where: str = "") -> None:
    """See that `value`, at `where` in `file`, is of `shape`.

    Raises
    ------
    UserError
        It is not; the text names file and field.
    """
    if isinstance(shape, dict):
        _expect(isinstance(value, dict), file, where, "keys and values", value)
        for key, inner in shape.items():
            name = f"{where}.{key}".lstrip(".")
            if key not in value:
                raise UserError(f"{file}: {name} is missing; not the result of a mission")
            check(value[key], file, inner, name)
    elif isinstance(shape, list):
        _expect(isinstance(value, list), file, where, "a list", value)
        for k, one in enumerate(value):
            check(one, file, shape[0], f"{where}[{k}]")
    else:
        fits = isinstance(value, shape) and not isinstance(value, bool)
        _expect(fits, file, where, NAMES[shape], value)


def _expect(fits: bool, file: str, where: str, what: str, found: Any) -> None:
    if not fits:
        place = f"{where}: " if where else ""
        raise UserError(f"{file}: {place}expected {what}, found {type(found).__name__}")
