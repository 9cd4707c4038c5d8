"""What to do with light that the battery cannot take: every load on, as heaters.

Their watts become heat in the chassis. Before dusk that warms the chassis for the night, hours of
whose losses it saves; with a battery too cold to charge, whose own heater is dead, it is the only
heat there is (`power.night.cold_battery`).
"""

from __future__ import annotations

from lupex_rover.power.night.params import NightParams

_FED, _FED_STILL = 2.0, 1.5  # times what every load draws at rest


def loads_may_store(
    p: NightParams, dusk_in_h: float, soc: float, input_w: float, load_w: float, on: bool
) -> bool:
    """May every load be on to warm the chassis for the night?

    Parameters
    ----------
    dusk_in_h : float
        Hours until the predicted dusk; warmth that comes earlier is gone by then.
    soc : float
        Charge, 0..1; only a full battery leaves light over.
    input_w, load_w : float
        That the array gives, that all loads draw now, W.
    on : bool
        Are they on for it already?
    """
    if dusk_in_h > p.store_h or soc < p.store_soc:
        return False
    return input_w - load_w > (0.0 if on else sum(p.busy_w))


def light_feeds_all(p: NightParams, input_w: float, did: bool) -> bool:
    """Does the array alone, at `input_w`, feed every load with much to spare?

    Loads that were shed to save charge may be on in such light: it takes none. Where it fades they
    go again; the shedder acts, too, while the battery discharges. `did` it before: hysteresis.
    """
    return input_w > (_FED_STILL if did else _FED) * sum(p.busy_w)
