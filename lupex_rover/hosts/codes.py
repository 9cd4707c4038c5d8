"""Codes of the hosts: code -> what happened and what to do."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "HST-001": Code(
        WARNING,
        "no node serves the action, or it refused the goal; start and activate its node",
    ),
    "HST-002": Code(
        FAULT,
        "a component failed in a step and goes on at its next; its traceback is in the log",
    ),
    "HST-003": Code(
        FAULT,
        "a component failed too often in a row and its node was closed; when the cause is"
        " cured, `ros2 lifecycle set /NODE configure`, then `activate`",
    ),
    "HST-004": Code(
        FAULT,
        "what a component wants kept cannot be written; make room on the disk, until then a"
        " restart finds older knowledge",
    ),
    "HST-005": Code(
        FAULT,
        "a message on a topic cannot be read and is left out, as its like will be; correct or"
        " stop its publisher",
    ),
    "HST-006": Code(
        FAULT,
        "the computer's clock was set back; the nodes approach it slowly, start them anew to"
        " take it at once",
    ),
    "HST-007": Code(
        WARNING,
        "the node was deactivated, closed or started anew before the goal's end; activate it"
        " and send the goal again",
    ),
    "HST-008": Code(
        WARNING,
        "the store of events was damaged and put aside; a new one is begun with what could be"
        " read, keep the old one for whoever looks into it",
    ),
    "HST-009": Code(
        FAULT,
        "events cannot be written to their store and wait in memory; make room on the disk, or"
        " make the folder writable",
    ),
    "HST-010": Code(
        WARNING,
        "the recorder gives up topics, the disk is nearly full or does not take the bag; make"
        " room, the lowest priority went first",
    ),
    "HST-011": Code(
        INFO,
        "the recorder takes up topics that it had given up; the bag lacks them until now",
    ),
    "HST-020": Code(
        FAULT,
        "a process ended that nobody had ended; it is started again, its log tells why",
    ),
    "HST-021": Code(
        FAULT,
        "something hung in a process, which was killed; it is started again, its log may tell why",
    ),
    "HST-022": Code(INFO, "a process that was away is up again"),
    "HST-023": Code(
        FAULT,
        "a process ended too often within an hour and is left down; cure what its log tells, then"
        " start the run anew",
    ),
    "HST-024": Code(
        FAULT,
        "a board's port or a camera is not there, and its node goes without; check its cable, it is"
        " taken in when it is found",
    ),
    "HST-025": Code(INFO, "a board's port or a camera that was not there is taken in"),
    "HST-026": Code(
        FAULT,
        "what a component had kept cannot be used and was put aside; the component begins without"
        " it, as on its first day",
    ),
    "HST-030": Code(
        WARNING,
        "a file of what a component had kept was damaged and put aside; an earlier generation is"
        " used, the disk or its power may be failing",
    ),
    "HST-031": Code(
        FAULT,
        "what a component had kept is of another world or plan, is not used and was put aside; if"
        " the folder is the wrong one, start again with the right one",
    ),
    "HST-027": Code(
        WARNING,
        "a message on a topic of the simulator is of another run or tool and was left out; stop its"
        " publisher, or give it a ROS domain of its own",
    ),
    "HST-032": Code(
        WARNING,
        "the recorder cannot begin its next file or list its files; it goes on in the present one;"
        " make room on the disk",
    ),
})  # fmt: skip
