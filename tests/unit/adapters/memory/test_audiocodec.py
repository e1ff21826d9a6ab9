import pytest

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.ports.audiocodec import AudioCodec
from tests.conformance.audiocodec import AudioCodecConformance


class TestMemoryAudioCodec(AudioCodecConformance):
    formats = frozenset({"wav"})
    lacks_subtypes = frozenset({"PCM_24", "ULAW", "ALAW"})

    @pytest.fixture
    def codec(self) -> AudioCodec:
        return MemoryAudioCodec()
