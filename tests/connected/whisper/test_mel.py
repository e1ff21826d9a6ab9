"""Our features beside faster-whisper's."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from ai4v.adapters.whisper.mel import log_mel, mel_filters
from tests.support.speech_corpus import read_corpus

pytestmark = pytest.mark.connected


def test_the_filters_are_the_same() -> None:
    theirs = FeatureExtractor().mel_filters
    assert np.allclose(mel_filters(), theirs, atol=1e-7)


def test_the_features_are_the_same() -> None:
    samples = read_corpus("en")[6].audio.samples
    whole = samples[: len(samples) // 160 * 160]
    theirs = FeatureExtractor()(whole, padding=160)
    ours = log_mel(whole, 3000)
    heard = theirs.shape[1]
    assert np.allclose(ours[:, :heard], theirs, atol=1e-5)
    assert not ours[:, heard:].any()
