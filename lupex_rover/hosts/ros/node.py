"""One component as one lifecycle node."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.subscription import Subscription

from lupex_rover.codec.conversion import encode
from lupex_rover.core.component import Component, Outbox
from lupex_rover.core.errors import UserError
from lupex_rover.graph import QOS, TOPICS
from lupex_rover.hosts.ros.actions import ActionServers
from lupex_rover.hosts.ros.lifecycle_gate import LifecycleGate
from lupex_rover.hosts.ros.parameters import declare
from lupex_rover.hosts.ros.qos import raw_publisher

Declare = Callable[[type, Mapping[str, Any] | None], dict[str, Any]]
# Makes a fresh component of a node; the second argument declares its parameters.
Make = Callable[[str, Declare], Component]
OK, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR


class ComponentNode(LifecycleNode):
    """Configure builds the component and opens its port; activate lets it move.

    Parameters
    ----------
    name : str
        Node name of the graph.
    make : Make
        Makes the component.
    host : Any
        The process; told when components come and go, and owner of ports and scheduler.
    """

    def __init__(self, name: str, make: Make, host: Any) -> None:
        super().__init__(name)
        self._make = make
        self._host = host
        self._out: dict[str, tuple[Any, bool]] = {}
        self.subs: dict[str, Subscription] = {}
        self.gate: LifecycleGate | None = None
        self.servers: ActionServers | None = None  # stay from then on: the last goal is answered
        self._given_up = False

    def remake(self) -> LifecycleGate:
        """A new life of the component, as active as the last one was."""
        gate = LifecycleGate(self._new_component(), self.emit, self._without_state)
        if self.gate is not None and self.gate.active:
            gate.activate()
        self.gate = gate
        return gate

    def _new_component(self) -> Component:
        return self._make(self.get_name(), lambda cls, values: declare(self, cls, values))

    def _without_state(self, why: str) -> Component:
        """Another component in place of one that cannot use what was kept, which is put aside."""
        self._host.store.put_aside(self.get_name(), why)
        component = self._new_component()
        component.prepare()
        return component

    def emit(self, out: Outbox) -> None:
        """Publish on the graph; what nobody listens to and nobody could hear later is not sent.

        What the component wants kept is written before, and its events are.
        """
        if out.persist is not None:
            self._host.store[self.get_name()] = out.persist
        self._host.keep(out.messages)
        for topic, message in out.messages:
            publisher, latched = self._out[topic]
            if latched or publisher.get_subscription_count():
                data = encode(topic, message)
                self._host.sent(topic, data)
                publisher.publish(data)

    def give_up(self) -> None:
        """Leave by lifecycle's error state: made safe, closed, unconfigured."""
        if self.gate is None:
            return
        self._given_up = True
        if self.gate.active:
            self.trigger_deactivate()
        else:
            self.trigger_cleanup()

    def unsubscribe(self, topic: str) -> None:
        subscription = self.subs.pop(topic, None)
        if subscription is not None:
            self.destroy_subscription(subscription)

    @property
    def is_active(self) -> bool:
        """Goals are accepted."""
        return self.gate is not None and self.gate.active

    # --- lifecycle ------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            self._open()
            self._host.changed()
        except Exception as error:
            known = isinstance(error, UserError)
            self.get_logger().error(str(error) if known else traceback.format_exc())
            self._host.failed = error if known else UserError(f"{type(error).__name__}: {error}")
            self._forget()
            return FAILURE
        return OK

    def _open(self) -> None:
        gate = self.remake()
        gate.inner.prepare()
        if gate.serial:
            self._host.ports.open(gate.serial)
        for topic in gate.outputs:
            latched = QOS[TOPICS[topic].qos][2]
            self._out[topic] = raw_publisher(self, topic), latched
        if self.servers is None:
            self.servers = ActionServers(self, gate.serves, self._host, lambda: self.is_active)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        if self.gate is not None:
            self.gate.activate()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        if self._given_up:
            return ERROR
        self._host.make_safe(self)
        if self.gate is not None:
            self.gate.deactivate()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return ERROR if self._given_up else self._close()

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._host.make_safe(self)
        return self._close()

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._given_up = False
        self._host.make_safe(self)
        return self._close()

    def _close(self) -> TransitionCallbackReturn:
        self._forget()
        self._host.changed()
        return OK

    def _forget(self) -> None:
        if self.gate is not None and self.gate.serial:
            self._host.ports.close(self.gate.serial)
        for publisher, _ in self._out.values():
            self.destroy_publisher(publisher)
        for subscription in self.subs.values():
            self.destroy_subscription(subscription)
        self._out, self.subs, self.gate = {}, {}, None
