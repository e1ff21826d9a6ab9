import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ai4v.adapters.silero.detector import SileroOptions, SileroVoiceActivityDetector
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.voiceactivity import VoiceActivityDetector
from tests.conformance.voiceactivity import VoiceActivityConformance, two_utterances

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def started() -> AsyncIterator[SileroVoiceActivityDetector]:
    detector = SileroVoiceActivityDetector()
    await detector.start()
    yield detector
    await detector.close()


@pytest.mark.asyncio(loop_scope="class")
class TestSileroVoiceActivityDetector(VoiceActivityConformance):
    @pytest.fixture
    def detector(self, started: SileroVoiceActivityDetector) -> VoiceActivityDetector:
        return started


class TestWorker:
    async def test_a_killed_detector_fails_its_call_and_comes_back(self) -> None:
        detector = SileroVoiceActivityDetector()
        await detector.start()
        assert detector.pid is not None
        os.kill(detector.pid, signal.SIGSTOP)
        detecting = asyncio.create_task(detector.detect(two_utterances()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.kill(detector.pid, signal.SIGKILL)
        with pytest.raises(ServiceUnavailableError):
            await detecting
        assert len(await detector.detect(two_utterances())) == 2
        await detector.ping()
        await detector.close()
        assert detector.pid is None

    async def test_a_detector_that_hangs_is_given_up(self) -> None:
        detector = SileroVoiceActivityDetector(SileroOptions(timeout_s=0.05))
        await detector.start()
        assert detector.pid is not None
        os.kill(detector.pid, signal.SIGSTOP)
        with pytest.raises(ServiceUnavailableError):
            await detector.detect(two_utterances())
        await detector.close()
