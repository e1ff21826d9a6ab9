"""What the letters say. Plain text; links carry their token behind a #, which no server is sent."""

from dataclasses import dataclass
from typing import Final

from ai4v.contracts.account import Purpose
from ai4v.ports.mailer import Letter

_PATHS: Final = {
    Purpose.VERIFY_EMAIL: "verify-email",
    Purpose.RESET_PASSWORD: "reset-password",
}


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes letters whose links lead to one public address."""

    public_url: str
    """Of the web page, without a slash at the end."""

    def link(self, purpose: Purpose, token: str) -> str:
        """Return where a token is spent."""
        return f"{self.public_url}/{_PATHS[purpose]}#token={token}"

    def verify(self, email: str, username: str, token: str) -> Letter:
        """Ask for the proof that an address is its user's."""
        return Letter(
            email,
            "Please confirm your e-mail address",
            f"Hello {username},\n\n"
            "somebody, probably you, gave this address for an account at AI4V. To confirm it,"
            " open\n\n"
            f"{self.link(Purpose.VERIFY_EMAIL, token)}\n\n"
            f"or give this to the command line: {token}\n\n"
            "The link is good for 24 hours, once. If it was not you, do nothing.\n",
        )

    def reset(self, email: str, username: str, token: str) -> Letter:
        """Offer another password."""
        return Letter(
            email,
            "A new password for your account",
            f"Hello {username},\n\n"
            "somebody, probably you, asked for a new password for your account at AI4V. To choose"
            " one, open\n\n"
            f"{self.link(Purpose.RESET_PASSWORD, token)}\n\n"
            f"or give this to the command line: {token}\n\n"
            "The link is good for one hour, once. If it was not you, do nothing: the password stays"
            " as it is.\n",
        )


def tell_owner(email: str, username: str) -> Letter:
    """Tell the owner of an address that somebody wanted to use it again."""
    return Letter(
        email,
        "You already have an account",
        f"Hello {username},\n\n"
        "somebody, probably you, gave this address for another account at AI4V. There is one"
        " already: its\n"
        f"username is {username}. If you forgot the password, ask for a new one. If it was not you,"
        " do nothing.\n",
    )


def tell_name_is_taken(email: str, username: str) -> Letter:
    """Tell somebody who registered that the name is another's; no answer on the network says so."""
    return Letter(
        email,
        "Please choose another username",
        "Hello,\n\n"
        f"somebody, probably you, wanted to register at AI4V as {username}. No account was made:"
        " please\n"
        "register again with another username. If it was not you, do nothing.\n",
    )


def tell_change(email: str, username: str, what: str) -> Letter:
    """Tell a user of a change that they should know of.

    Args:
        email: where to.
        username: whose.
        what: the change, as the end of a sentence: `the password was changed`.
    """
    return Letter(
        email,
        "Your account was changed",
        f"Hello {username},\n\n"
        f"at your account at AI4V, {what}. If it was not you, ask for a new password at once and"
        " tell\nthe administrator.\n",
    )
