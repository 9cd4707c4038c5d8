"""The error a person can act on."""


class UserError(Exception):
    """Bad input: a file, field, device or argument that is wrong.

    The text names what is wrong and what to do. The command line prints it in one
    line and exits with code 2.
    """


class Broken(Exception):
    """Something that should run does not, and no input is to blame.

    The command line prints the text in one line and exits with code 1.
    """


class Fault(Exception):
    """A coded failure of a subsystem; `code` is a key of its subsystem's `codes.CODES`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
