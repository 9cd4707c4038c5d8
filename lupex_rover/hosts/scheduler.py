"""Runs components in a fixed order and routes what they say.

Shared by every host. Within a tick a message reaches components that run later in the same
tick and the others in the next; reactive components (drivers) run once more at the end of the
tick when something arrived for them, so that a command leaves in the tick that made it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lupex_rover.core.component import (
    CancelRequest,
    Component,
    GoalFeedback,
    GoalRequest,
    GoalResult,
    Inbox,
    Outbox,
)
from lupex_rover.core.constants import NS
from lupex_rover.core.types import ActionRecord
from lupex_rover.graph import MISSION_ACTION
from lupex_rover.hosts.goals import NODE_ENDED, OpenGoal, aborted

MAX_QUEUE = 2000  # messages per topic and component; the oldest are dropped beyond it

OnPublish = Callable[[str, Any, int], None]
# Stands around each turn of a component, whose name and time it is given.
Turn = Callable[[str, int], AbstractContextManager[None]]
ActionItem = GoalRequest[Any] | CancelRequest | GoalFeedback[Any] | GoalResult[Any]


def _as_it_comes(name: str, t_ns: int) -> AbstractContextManager[None]:
    """A component's exception ends the run: what tests, harness and replay want."""
    return nullcontext()


def action_record(item: ActionItem) -> ActionRecord:
    """What the bag keeps of a goal, cancel, feedback or result."""
    if isinstance(item, GoalRequest):
        return ActionRecord("goal", item.action, item.goal_id, 0, item.goal)
    if isinstance(item, GoalFeedback):
        return ActionRecord("feedback", item.action, item.goal_id, 0, item.feedback)
    if isinstance(item, GoalResult):
        return ActionRecord("result", item.action, item.goal_id, item.status, item.result)
    return ActionRecord("cancel", item.action, item.goal_id, 0, None)


class Scheduler:
    """The components of one process.

    Parameters
    ----------
    components : list
        In the order they run within a tick.
    on_publish : OnPublish
        Called with (topic, message, t_ns) for every message published.
    store : dict[str, dict[str, Any]]
        Persisted state by component name; survives the computer's power, is read here and written
        whenever a component persists.
    turn : Turn
        Stands around each turn of a component and may keep its exception to itself.
    """

    def __init__(
        self,
        components: Sequence[Component],
        on_publish: OnPublish,
        store: dict[str, dict[str, Any]],
        turn: Turn = _as_it_comes,
    ) -> None:
        self.components = list(components)
        self.store = store
        self.on_publish = on_publish
        self._turn = turn
        self.t_ns = 0
        self.outgoing_goals: list[GoalRequest[Any]] = []
        self.outgoing_cancels: list[CancelRequest] = []
        self.outgoing_feedback: list[GoalFeedback[Any]] = []
        self.outgoing_results: list[GoalResult[Any]] = []
        self._inbox = {c.name: Inbox() for c in self.components}
        self._last_ns: dict[str, int] = {}  # last step in its turn, by component
        self._tx: dict[str, bytes] = {}
        self._goals: dict[str, OpenGoal] = {}  # not yet answered, by goal id
        self._subscribers: dict[str, list[str]] = defaultdict(list)
        self._server: dict[str, str] = {}
        self._client: dict[str, str] = {}
        self._sender: dict[str, str] = {}  # of each goal that a component here sent, by goal id
        self._board: dict[str, str] = {}
        self._halted: set[str] = set()  # components that get no turn
        for component in self.components:
            self._register(component)

    def _register(self, component: Component) -> None:
        for topic in component.inputs:
            self._subscribers[topic].append(component.name)
        self._server.update(dict.fromkeys(component.serves, component.name))
        self._client.update(dict.fromkeys(component.calls, component.name))
        if component.serial:
            self._board[component.serial] = component.name
        if component.name in self.store:
            component.restore(self.store[component.name])

    # --- from outside ---------------------------------------------------------------------------

    def deliver(self, topic: str, message: Any, only: str | None = None) -> None:
        """Put a message into the inbox of every component that subscribes to `topic`.

        `only` names the one component that shall have it.
        """
        for name in self._subscribers.get(topic, ()):
            if only is not None and name != only:
                continue
            queue = self._inbox[name].messages.setdefault(topic, [])
            queue.append(message)
            if len(queue) > MAX_QUEUE:
                del queue[0]

    def rx(self, board: str, data: bytes) -> None:
        """Bytes that came from a board, for the driver that owns it."""
        name = self._board.get(board)
        if name is not None and data and name not in self._halted:
            self._inbox[name].rx += data

    def goal(self, request: GoalRequest[Any]) -> bool:
        """A goal from outside; False when no component here serves the action."""
        name = self._server.get(request.action)
        if name is None:
            return False
        self._serve(name, request, external=True)
        return True

    def cancel(self, request: CancelRequest) -> None:
        name = self._server.get(request.action)
        if name is not None:
            self._serve(name, request)

    def _serve(
        self, name: str, request: GoalRequest[Any] | CancelRequest, external: bool = False
    ) -> None:
        """To the server `name` in this process."""
        if isinstance(request, GoalRequest):
            self._goals[request.goal_id] = OpenGoal(request, external)
            self._inbox[name].goals.append(request)
        else:
            self._inbox[name].cancels.append(request)
        self._record(request)

    def _record(self, item: ActionItem) -> None:
        """For the bag. The server's process records, so that it happens once."""
        self.on_publish(MISSION_ACTION, action_record(item), self.t_ns)

    def feedback(self, item: GoalFeedback[Any]) -> None:
        """Feedback from a server in another process."""
        name = self._sender.get(item.goal_id) or self._client.get(item.action)
        if name is not None:
            self._inbox[name].feedback.append(item)

    def result(self, item: GoalResult[Any]) -> None:
        """A result from a server in another process."""
        name = self._sender.pop(item.goal_id, None) or self._client.get(item.action)
        if name is not None:
            self._inbox[name].results.append(item)

    # --- the tick -------------------------------------------------------------------------------

    def tick(self, t_ns: int) -> None:
        """Step every component that is due at `t_ns`, then the reactive ones that got a message."""
        self.t_ns = t_ns
        for component in self.components:
            if component.name in self._halted:
                continue
            if component.reactive or self._due(component, t_ns):
                self._last_ns[component.name] = t_ns
                self._step(component, t_ns)
        self.react(t_ns)

    def _due(self, component: Component, t_ns: int) -> bool:
        """Its period is over, or time was set back."""
        last_ns = self._last_ns.get(component.name)
        period_ns = int((component.period_s - 1e-3) * NS)
        return last_ns is None or not 0 <= t_ns - last_ns < period_ns

    def react(self, t_ns: int) -> None:
        """Step only the reactive components that have something waiting."""
        for component in self.components:
            waits = component.reactive and self._inbox[component.name]
            if waits and component.name not in self._halted:
                self._step(component, t_ns)

    def safe(self, t_ns: int, only: Collection[str] | None = None) -> None:
        """Ask components for their safe state, and let the drivers send it.

        `only` names those that are asked; None: every one.
        """
        for component in self.components:
            if only is None or component.name in only:
                with self._turn(component.name, t_ns):
                    self._route(component, component.safe(t_ns), t_ns)
        self.react(t_ns)

    def take_tx(self) -> dict[str, bytes]:
        """Bytes for the boards since the last call."""
        tx, self._tx = self._tx, {}
        return tx

    def _step(self, component: Component, t_ns: int) -> None:
        inbox = self._inbox[component.name]
        self._inbox[component.name] = Inbox()
        with self._turn(component.name, t_ns):
            self._route(component, component.step(t_ns, inbox), t_ns)

    def _route(self, component: Component, out: Outbox, t_ns: int) -> None:
        """What is to be kept is kept before anything that was said is passed on."""
        if out.persist is not None:
            self.store[component.name] = out.persist
        for topic, message in out.messages:
            self.deliver(topic, message)
            self.on_publish(topic, message, t_ns)
        if out.tx and component.serial:
            self._tx[component.serial] = self._tx.get(component.serial, b"") + out.tx
        if out.goals or out.cancels or out.feedback or out.results:
            self._route_actions(out, component.name)

    def _route_actions(self, out: Outbox, sender: str) -> None:
        for request in out.goals:
            self._sender[request.goal_id] = sender
            server = self._server.get(request.action)
            if server is None:
                self.outgoing_goals.append(request)
            else:
                self._serve(server, request)
        for cancel in out.cancels:
            server = self._server.get(cancel.action)
            if server is None:
                self.outgoing_cancels.append(cancel)
            else:
                self._serve(server, cancel)
        for item in out.feedback:
            goal = self._goals.get(item.goal_id)
            if goal is None:  # the host has ended it
                continue
            self._record(item)
            if goal.external:
                self.outgoing_feedback.append(item)
            else:
                self.feedback(item)
        for done in out.results:
            self._answer(done)

    def _answer(self, done: GoalResult[Any]) -> None:
        """The one result of a goal, to who sent it."""
        goal = self._goals.pop(done.goal_id, None)
        if goal is None:  # the host has ended it
            return
        self._record(done)
        if goal.external:
            self.outgoing_results.append(done)
        else:
            self.result(done)

    # --- nodes that come and go -----------------------------------------------------------------

    def halt(self, names: Collection[str]) -> None:
        """These get no turn from now on; messages wait for them, bytes of boards are lost."""
        self._halted.update(names)

    def go_on(self, names: Collection[str]) -> None:
        """These get their turns again."""
        self._halted.difference_update(names)

    def begin_anew(self, components: Sequence[Component]) -> None:
        """Components that take the place of those of the same names, as after a restart.

        What waited for the old ones is lost, their goals are aborted.
        """
        made = {component.name: component for component in components}
        for name, component in made.items():
            self.end_goals(name)
            self._inbox[name] = Inbox()
            self._last_ns.pop(name, None)
            if name in self.store:
                component.restore(self.store[name])
        self.components = [made.get(old.name, old) for old in self.components]
        self.go_on(made)

    def end_goals(self, name: str) -> None:
        """Abort the goals that component `name` has not answered."""
        for goal in list(self._goals.values()):
            if self._server.get(goal.request.action) == name:
                self._answer(aborted(goal.request, NODE_ENDED))
        if name in self._inbox:
            self._inbox[name].goals.clear()

    def take_over(self, old: Scheduler) -> None:
        """Go on for the components that `old` had, too; goals of those that are gone are aborted.

        A component made anew is another one; what waited for the old one is lost.
        """
        self.t_ns = old.t_ns
        stay = {c.name for c in self.components if any(c is o for o in old.components)}
        self._inbox.update({n: i for n, i in old._inbox.items() if n in stay})
        self._last_ns = {n: t for n, t in old._last_ns.items() if n in stay}
        self._tx = old._tx
        self._sender = {goal: name for goal, name in old._sender.items() if name in stay}
        self.outgoing_goals, self.outgoing_cancels = old.outgoing_goals, old.outgoing_cancels
        self.outgoing_feedback, self.outgoing_results = old.outgoing_feedback, old.outgoing_results
        for goal_id, goal in old._goals.items():
            action = goal.request.action
            if old._server[action] in stay:
                self._goals[goal_id] = goal
            elif goal.external or old._sender.get(goal_id, old._client.get(action)) in stay:
                self._goals[goal_id] = goal
                self._answer(aborted(goal.request, NODE_ENDED))
