"""Where the files that ship with the code are: in the package, or in the checkout around it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def find_resource(name: str) -> Path:
    """Return the path of `services.toml`, `migrations` and the like.

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    for folder in (_PACKAGE, _PACKAGE.parent.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is missing from this installation of ai4v; install it again")
