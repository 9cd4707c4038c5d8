"""The error a person can act on."""


class UserError(Exception):
    """Bad input: a file, field, device or argument that is wrong.

    The text names what is wrong and what to do. The command line prints it in one
    line and exits with code 2.
    """


class Fault(Exception):
    """A coded failure of a subsystem; `code` is a key of `core.codes.CODES`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
