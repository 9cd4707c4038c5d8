"""A flight process that runs in a thread, and a node that talks with it."""

import threading
import time

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.hosts.ros.process import FlightProcess


class Running:
    """Configured and active; use as a context."""

    limit_s = 15.0  # of waiting

    def __init__(self, make, names, folder, params=None):
        self.process = FlightProcess(
            "running", names, make, Ports({}), folder, False, False, params
        )
        self.process.configure()
        self.process.activate()
        self.thread = threading.Thread(target=self.process.run)
        self.client = Node("talks")
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.client)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.stopped = True
        self.thread.join(20)
        self.close()

    def close(self):
        self.client.destroy_node()

    def until(self, what):
        end = time.monotonic() + self.limit_s
        while not what() and time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)
        assert what()

    def ask(self, node, number):
        """The future of a lifecycle transition."""
        service = self.client.create_client(ChangeState, f"{node}/change_state")
        assert service.wait_for_service(10)
        return service.call_async(ChangeState.Request(transition=Transition(id=number)))
