"""How a command fails: one message that says what is wrong and what to do."""

PROGRAM = "ai4v"
"""What a message on standard error begins with."""


class CommandError(Exception):
    """The command cannot do what was asked; the message is for the person who asked."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """The exit status."""
