"""Topics and actions as objects that know what they carry, so that a type checker does, too.

Each is a `str`, its name: what came by name, from a bag or from ROS, finds it in a dictionary, and
a host passes it on as it is.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

M = TypeVar("M")
G = TypeVar("G")
F = TypeVar("F")
R = TypeVar("R")


Said = tuple["Topic[Any]", Any]  # a topic and a message on it; made by `Topic.says`


class Topic(str, Generic[M]):
    """A topic of messages of class `M`.

    Attributes
    ----------
    message : type[M]
        Class of `core.types`.
    ros : str
        Its ROS type.
    rate_hz : float
        Typical; 0: on change.
    qos : str
        A key of `graph.QOS`.
    record : bool
        Whether the recorder keeps it.
    """

    message: type[M]
    ros: str
    rate_hz: float
    qos: str
    record: bool

    def __new__(
        cls,
        name: str,
        message: type[M],
        ros: str,
        rate_hz: float,
        qos: str = "reliable",
        record: bool = True,
    ) -> Topic[M]:
        made = super().__new__(cls, name)
        made.message, made.ros, made.rate_hz = message, ros, rate_hz
        made.qos, made.record = qos, record
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:  # for copy and pickle
        return str(self), self.message, self.ros, self.rate_hz, self.qos, self.record

    def says(self, message: M) -> Said:
        """`message` with this topic, for those who pass on messages of many topics."""
        return self, message

    def of(self, topic: str, message: Any) -> M | None:
        """`message`, which is on `topic`, where that is this one; else None."""
        return message if topic == self else None

    @property
    def name(self) -> str:
        return str(self)

    @property
    def type(self) -> str:
        """Name of the message's class."""
        return self.message.__name__


class Action(str, Generic[G, F, R]):
    """An action whose goal, feedback and result are of classes `G`, `F` and `R`.

    Attributes
    ----------
    ros : str
        Its ROS type.
    goal, feedback, result : type[G] and type[F] and type[R]
        Classes of `core.types`.
    """

    ros: str
    goal: type[G]
    feedback: type[F]
    result: type[R]

    def __new__(
        cls, name: str, ros: str, goal: type[G], feedback: type[F], result: type[R]
    ) -> Action[G, F, R]:
        made = super().__new__(cls, name)
        made.ros, made.goal, made.feedback, made.result = ros, goal, feedback, result
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:  # for copy and pickle
        return str(self), self.ros, self.goal, self.feedback, self.result

    @property
    def name(self) -> str:
        return str(self)
