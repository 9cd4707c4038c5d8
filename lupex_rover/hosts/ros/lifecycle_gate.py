"""A component as its node's lifecycle allows it to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.errors import UserError
from lupex_rover.hosts.goals import REFUSED, aborted

Emit = Callable[[Outbox], None]


class LifecycleGate(Component):
    """Stands for a component in the scheduler.

    Inactive, a driver's telemetry flows but it is given no command; any other component is not
    stepped at all, and a goal for it is refused. On deactivation the component's safe state is said
    first: at once by `safe`, else at the next step.

    Parameters
    ----------
    inner : Component
        The component.
    emit : Emit
        Keeps what is to be kept, then publishes what it says on the graph.
    anew : Callable[[str], Component] or None
        Makes another component in place of one that cannot take back what was kept, and is told
        why; None: that is an error.
    """

    def __init__(
        self, inner: Component, emit: Emit, anew: Callable[[str], Component] | None = None
    ) -> None:
        self.inner = inner
        self._anew = anew
        self.active = False
        self._emit = emit
        self._leave = self._said_safe = False
        self._fresh = True
        for name in ("name", "inputs", "outputs", "serves", "calls", "serial", "period_s"):
            setattr(self, name, getattr(inner, name))
        self.reactive = inner.reactive  # type: ignore[misc]

    def activate(self) -> None:
        self.active, self._leave = True, False

    def deactivate(self) -> None:
        """From now on inactive; the safe state is sent at the next step if it was not before."""
        self._leave = self.active and not self._said_safe
        self.active = False

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        if self.active:
            self._said_safe = False
            out = self.inner.step(t_ns, inbox)
        elif self._leave:
            self._leave = False
            out = self.inner.safe(t_ns)
        elif self.serial:
            out = self.inner.step(t_ns, Inbox(rx=inbox.rx))
        else:
            out = Outbox()
        if not self.active:
            out.results += [aborted(request, REFUSED) for request in inbox.goals]
        self._emit(out)
        return out

    def safe(self, t_ns: int) -> Outbox:
        if not self.active:
            return Outbox()
        out = self.inner.safe(t_ns)
        self._said_safe = True
        self._emit(out)
        return out

    def restore(self, state: dict[str, Any]) -> None:
        """Once per life of the component, however often the scheduler is made anew.

        Raises
        ------
        UserError
            The component cannot use `state`, and there is no `anew`.
        """
        if self._fresh:
            self._fresh = False
            try:
                self.inner.restore(state)
            except Exception as error:
                why = f"state/{self.name}.json: cannot be taken back"
                why += f" ({type(error).__name__}: {error})"
                if self._anew is None:
                    raise UserError(f"{why}; move it away and start again without it") from error
                self.inner = self._anew(why)
