from pathlib import Path

import pytest

from ai4v.adapters.kokoro.model import read_vocabulary
from ai4v.adapters.kokoro.synthesizer import KokoroSynthesizer
from ai4v.adapters.kokoro.voice import VOICE_IDS, phoneme_tag
from ai4v.adapters.memory.phonemizer import MemoryPhonemizer
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerUnavailableError


def _synthesizer(model_dir: Path) -> KokoroSynthesizer:
    return KokoroSynthesizer.of_url("kokoro://82m?threads=1", model_dir, MemoryPhonemizer())


def _write_model(folder: Path, config: str) -> None:
    (folder / "voices").mkdir(parents=True)
    (folder / "kokoro.onnx").touch()
    (folder / "config.json").write_text(config, "utf-8")
    for voice_id in VOICE_IDS:
        (folder / "voices" / f"{voice_id}.bin").touch()


def test_a_url_names_the_model() -> None:
    info = _synthesizer(Path("/models")).info
    assert (info.engine, info.model_id, info.rate_hz) == ("kokoro", "kokoro-82m", 24_000)


@pytest.mark.parametrize(
    "url",
    [
        "kokoro://",
        "other://82m",
        "kokoro://82m?threads=x",
        "kokoro://82m?thread=1",
        "kokoro://82m?threads",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        KokoroSynthesizer.of_url(url, Path("/models"), MemoryPhonemizer())


def test_women_speak_by_default() -> None:
    voices = _synthesizer(Path("/models")).info.voices
    first = {language: voice for voice in reversed(voices) for language in voice.languages}
    assert {language: voice.voice_id for language, voice in first.items()} == {
        "hi": "hf_alpha",
        "en": "af_heart",
    }
    assert {voice.gender for voice in first.values()} == {Gender.FEMALE}


def test_every_voice_has_phonemes() -> None:
    assert {phoneme_tag(voice_id) for voice_id in VOICE_IDS} == {"hi", "en-US", "en-GB"}
    assert phoneme_tag("bm_george") == "en-GB"


async def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SynthesizerUnavailableError, match="ai4v models pull kokoro-82m"):
        await _synthesizer(tmp_path).load()


async def test_a_model_without_one_voice_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "kokoro-82m"
    _write_model(folder, "{}")
    (folder / "voices" / "bm_george.bin").unlink()
    with pytest.raises(SynthesizerUnavailableError, match="ai4v models pull kokoro-82m"):
        await _synthesizer(tmp_path).load()


@pytest.mark.parametrize("config", ["", "{}", '{"vocab": {"a": "b"}}'])
async def test_a_broken_symbol_table_is_told(tmp_path: Path, config: str) -> None:
    _write_model(tmp_path / "kokoro-82m", config)
    with pytest.raises(SynthesizerUnavailableError, match="kokoro-82m cannot be read"):
        await _synthesizer(tmp_path).load()


def test_the_symbol_table_is_read(tmp_path: Path) -> None:
    _write_model(tmp_path / "kokoro-82m", '{"dim_in": 64, "vocab": {"a": 43, "ʰ": 162}}')
    assert read_vocabulary(tmp_path / "kokoro-82m") == {"a": 43, "ʰ": 162}
