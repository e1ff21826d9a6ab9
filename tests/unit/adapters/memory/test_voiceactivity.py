import pytest

from ai4v.adapters.memory.voiceactivity import MemoryVoiceActivityDetector
from ai4v.ports.voiceactivity import VoiceActivityDetector
from tests.conformance.voiceactivity import VoiceActivityConformance


class TestMemoryVoiceActivityDetector(VoiceActivityConformance):
    @pytest.fixture
    def detector(self) -> VoiceActivityDetector:
        return MemoryVoiceActivityDetector()
