"""Tables of faults as Markdown: the fault table's rules, and what to do at each grave code."""

from __future__ import annotations

import dataclasses

from lupex_rover.core.codes import FAULT, SEVERITIES
from lupex_rover.core.files import shipped
from lupex_rover.dictionary import code_list
from lupex_rover.health.table import FaultRule, read
from lupex_rover.manual.tables import code, table


def faults() -> str:
    """Each rule of config/faults.yaml as it stands there."""
    return table(
        ("fault", "watches", "limit", "for", "severity", "response", "ends", "code"),
        (
            (code(name), code(rule.watch), _limit(rule), f"{rule.persistence_s:g} s",
             SEVERITIES[rule.severity], _response(rule), _ends(rule), code(rule.code))
            for name, rule in _rules().items()
        ),
    )  # fmt: skip


def what_to_do() -> str:
    """Every code whose events may be faults, part by part."""
    fault = SEVERITIES[FAULT]
    rows = [
        (code(c.code), c.component, c.text, c.advice or "read the events around it, then the log of"
         " its process")
        for c in code_list.codes()
        if fault in (c.severity, c.graver)
    ]  # fmt: skip
    return table(("code", "said by", "what it means", "what to look at and do"), rows)


def _rules() -> dict[str, FaultRule]:
    """One line for a rule that watches every board."""
    found: dict[str, FaultRule] = {}
    for name, rule in read(shipped("config/faults.yaml")).items():
        whole = name.split(".")[0]
        watch = f"{rule.watch.rsplit('.', 1)[0]}.*" if whole != name else rule.watch
        board = None if whole != name else rule.board
        found[whole] = dataclasses.replace(rule, watch=watch, board=board)
    return found


def _limit(rule: FaultRule) -> str:
    limits = (("above", rule.above), ("below", rule.below))
    return " or ".join(f"{word} {value:g}" for word, value in limits if value is not None)


def _response(rule: FaultRule) -> str:
    if rule.response == "safe":
        return f"{rule.board or 'its board'} in SAFE"
    return {"log": "told", "safe_all": "all that move in SAFE"}[rule.response]


def _ends(rule: FaultRule) -> str:
    if rule.response == "log":
        return ""
    if rule.release == "cleared":
        return f"by itself, {rule.release_s:g} s after it is over"
    return "by the ground"
