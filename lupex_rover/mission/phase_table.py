"""The phases as data: what each needs, what it never does, how often it is tried, what follows.

`conditions` looks at what stands in `needs`, the executive keeps to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a condition is about.
LIGHT, LINK, ENERGY, STATE = "light", "link", "energy", "state"
# What follows where a condition does not hold.
REFUSED = "refused"  # the phase ends with the code that is told
TOLD = "told"  # the phase goes on
# What follows a phase that failed for good.
NEXT = "next"  # the next phase is tried
END = "end"  # the mission ends
SLEEP = "sleep"  # the rover is put to sleep by the plan before the next one
# What may stand behind a phase's name in a list of phases.
ONCE = "once"  # nothing
AGAIN = "again"  # @n: its n-th time
SITE = "site"  # @k: for site k of the plan
HOLE = "hole"  # @k or @k.j: for site k, hole j of the plan


@dataclass(frozen=True)
class Condition:
    """What must hold before a phase begins.

    Attributes
    ----------
    kind : str
        LIGHT, LINK, ENERGY or STATE.
    look : str
        Who looks: a key of `conditions.LOOKS`.
    words : str
        What must hold; parameters of the executive in backticks.
    of : tuple[str, ...]
        Loads, a board or parameters that it is about.
    lacking : str
        REFUSED or TOLD.
    interlock : bool
        It must hold before each motion of the phase as well.
    """

    kind: str
    look: str
    words: str
    of: tuple[str, ...] = ()
    lacking: str = REFUSED
    interlock: bool = False


@dataclass(frozen=True)
class PhaseRule:
    """One row.

    Attributes
    ----------
    does : str
        In a sentence.
    needs : tuple[Condition, ...]
        Looked at in this order before it begins.
    tries : int
        How often it is begun when it breaks (an exception, a code that is none, a value that
        cannot be); a phase that ends with a code of its own is not begun again.
    wait_s : float
        From a try that broke to the next.
    restart : str
        What it does when the computer starts again within it.
    failed : str
        NEXT, END or SLEEP.
    repeats : str
        ONCE, AGAIN, SITE or HOLE.
    """

    does: str
    needs: tuple[Condition, ...] = ()
    tries: int = 3
    wait_s: float = 10.0
    restart: str = "begins again"
    failed: str = NEXT
    repeats: str = AGAIN

    @property
    def interlocks(self) -> tuple[Condition, ...]:
        """Of `needs`, those that must hold before each motion."""
        return tuple(need for need in self.needs if need.interlock)


def answers(*loads: str, lacking: str = REFUSED) -> Condition:
    """These loads alone are on, and their boards answer."""
    words = f"{', '.join(loads)} on, and their boards answer within `board_wait_s`"
    return Condition(LINK, "answers", words, loads, lacking)


def free(board: str) -> Condition:
    """Nobody holds the board in SAFE."""
    words = f"{board} is not held in SAFE, or is released within `hold_wait_s`"
    return Condition(STATE, "free", words, (board,), interlock=True)


DRIVING = ("mobility", "imu", "star_tracker", "cameras", "radio")
AFFORDED = Condition(ENERGY, "afforded", "energy for it and all that must follow, perhaps after"
                     " `charge_wait_h` in the light")  # fmt: skip
BUDGET = Condition(ENERGY, "budget", "energy for it and all that must follow", lacking=TOLD)
CHARGE = Condition(ENERGY, "charge", "a charge of at least `drill_min_soc`", ("drill_min_soc",))
BIT_OUT = Condition(STATE, "bit_out", "the drill's bit is out, by telemetry above `bit_out_m`,"
                    " or is retracted within `retract_s`", interlock=True)  # fmt: skip
PLACE = Condition(STATE, "place", "the rover stands at the hole, where the plan has several")
POSE = Condition(STATE, "pose", "the pose is known within `board_wait_s`")
SAMPLES = Condition(STATE, "samples", "a sample was taken, of the step's site")
LIT = Condition(LIGHT, "lit", "light within `dark_wait_s`, an eclipse that ends, or charge enough")
DAY = Condition(LIGHT, "day", "light, or the latest dawn is past", lacking=TOLD)
_DRIVE = (BIT_OUT, answers(*DRIVING, lacking=TOLD), POSE, free("MOB"))

TABLE: dict[str, PhaseRule] = {
    "descent": PhaseRule("waits for touchdown", failed=END, repeats=ONCE),
    "checkout": PhaseRule("switches every board on and hears it"),
    "egress": PhaseRule("leaves the lander", _DRIVE),
    "traverse": PhaseRule("drives to the hole", (AFFORDED, *_DRIVE), repeats=HOLE),
    "drill": PhaseRule(
        "takes a sample from each depth of the hole",
        (CHARGE, AFFORDED, PLACE, answers("drill", "radio"), free("DRL")),
        restart="goes on with the samples that are missing", repeats=HOLE,
    ),
    "science": PhaseRule(
        "measures the water in each cup", (AFFORDED, SAMPLES, answers("payload", "radio")),
        restart="goes on with the cups that are not measured", repeats=SITE,
    ),
    "return": PhaseRule("drives to the haven", (BUDGET, *_DRIVE)),
    "recharge": PhaseRule("charges while there is light", (LIT,)),
    "night": PhaseRule(
        "waits for the dark and sleeps through it",
        tries=5, wait_s=60.0, restart="goes on as the night's keeper remembers", failed=SLEEP,
        repeats=ONCE,
    ),
    "wake": PhaseRule("tests itself, recharges, reports", (DAY,), repeats=ONCE),
}  # fmt: skip
