"""The mailer port in a list: letters that tests read."""

from collections import deque

from ai4v.ports.mailer import Letter


class MemoryMailer:
    """Keeps the last `max_letters`."""

    def __init__(self, *, max_letters: int = 1_000) -> None:
        self.letters: deque[Letter] = deque(maxlen=max_letters)
        """Oldest first."""

    async def send(self, letter: Letter) -> None:
        """Keep the letter."""
        self.letters.append(letter)

    async def ping(self) -> None:
        """Return at once."""
