import base64
import json
import os
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from ai4v import __version__
from ai4v.cli.main import main
from ai4v.contracts.capability import Tier
from ai4v.contracts.tts import (
    SpeechFormat,
    TtsAnswer,
    TtsAppliedConfig,
    TtsAudio,
    TtsLanguage,
)
from tests.support.gateway import ENVIRONMENT, FakeGateway, refuse

SOUND = b"RIFF\x00\xff the sound"


def spoken(tier: Tier = Tier.NEURAL, note: str | None = None) -> TtsAnswer:
    config = TtsAppliedConfig(
        service_id="kokoro-82m",
        voice_id="hf_alpha",
        tier=tier,
        note=note,
        language=TtsLanguage(source_language="hi"),
        audio_format=SpeechFormat.WAV,
        sampling_rate=24_000,
        audio_duration=1.5,
        speed=1.0,
        not_applied=(),
        data_tracking=False,
    )
    content = base64.b64encode(SOUND).decode()
    return TtsAnswer(audio=(TtsAudio(audio_content=content, audio_duration=1.5),), config=config)


def test_text_is_asked_for_as_the_options_say(tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: spoken())
    options = ("--voice", "hf_beta", "--gender", "female", "--speed", "1.5", "--rate", "8000")
    output = str(tmp_path / "out.mp3")
    assert gateway.run("speak", "नमस्ते", "--language", "hi", "-o", output, *options).exit_code == 0
    assert gateway.bodies == [
        {
            "input": [{"source": "नमस्ते"}],
            "config": {
                "language": {"sourceLanguage": "hi"},
                "audioFormat": "mp3",
                "supportedVoice": "hf_beta",
                "gender": "female",
                "speed": 1.5,
                "samplingRate": 8000,
            },
        }
    ]
    (request,) = gateway.requests
    assert (request.method, request.url.path) == ("POST", "/api/v1/tts/inference")
    assert request.headers["authorization"] == "Bearer the-key"
    assert request.headers["x-request-timeout-ms"] == "300000"
    assert request.headers["user-agent"] == f"ai4v/{__version__}"


def test_sound_is_in_the_file_and_nowhere_else(tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    gateway = FakeGateway(lambda _body: spoken())
    result = gateway.run("speak", "नमस्ते", "--language", "hi", "-o", str(output))
    assert (result.stdout_bytes, result.stderr) == (b"", "")
    assert list(tmp_path.iterdir()) == [output]
    assert output.read_bytes() == SOUND


@pytest.mark.parametrize("arguments", [(), ("-",), ("-", "-o", "-")])
def test_text_comes_and_sound_goes_through_pipes(arguments: tuple[str, ...]) -> None:
    gateway = FakeGateway(lambda _body: spoken())
    result = gateway.run("speak", *arguments, "--language", "hi", stdin="नमस्ते\n".encode())
    assert result.stdout_bytes == SOUND
    assert gateway.bodies[0]["input"] == [{"source": "नमस्ते\n"}]


def test_json_has_the_sound_when_no_file_does(tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: spoken())
    asked = ("speak", "नमस्ते", "--language", "hi", "--json")
    done = json.loads(gateway.run(*asked).stdout)
    assert base64.b64decode(done["audioContent"]) == SOUND
    assert (done["voiceId"], done["tier"], done["audioDuration"]) == ("hf_alpha", "neural", 1.5)
    output = tmp_path / "out.wav"
    done = json.loads(gateway.run(*asked, "-o", str(output)).stdout)
    assert (done["file"], "audioContent" in done) == (str(output), False)
    assert output.read_bytes() == SOUND


def test_voice_that_stands_in_is_told(tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: spoken(Tier.APPROXIMATE, "Spoken by a Hindi voice."))
    output = str(tmp_path / "out.wav")
    result = gateway.run("speak", "x", "--language", "mai", "-o", output)
    assert result.stderr == "voice hf_alpha, approximate: Spoken by a Hindi voice.\n"


@pytest.mark.parametrize(
    ("output", "options", "audio_format"),
    [
        ("a.OGG", (), "ogg"),
        ("a.flac", ("--format", "pcm"), "pcm"),
        ("a.unknown", ("--format", "mp3"), "mp3"),
    ],
)
def test_format_is_the_option_else_the_ending(
    output: str, options: tuple[str, ...], audio_format: str, tmp_path: Path
) -> None:
    gateway = FakeGateway(lambda _body: spoken())
    gateway.run("speak", "x", "--language", "hi", "-o", str(tmp_path / output), *options)
    (body,) = gateway.bodies
    config = body["config"]
    assert isinstance(config, dict)
    assert config["audioFormat"] == audio_format


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("none/out.wav", "there is no folder {folder}/none: make it first"),
        ("folder.wav", "{folder}/folder.wav is a folder: name a file in it"),
        ("file/out.wav", "there is no folder {folder}/file: make it first"),
        ("out.txt", "the ending of {folder}/out.txt is none of wav, mp3, ogg, flac, pcm: name one"),
        ("out", "the ending of {folder}/out is none of wav, mp3, ogg, flac, pcm: name one"),
    ],
)
def test_place_that_cannot_be_written_is_told_before_anything_is_asked(
    output: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").touch()
    gateway = FakeGateway(lambda _body: spoken())
    told = gateway.fail("speak", "x", "--language", "hi", "-o", str(tmp_path / output))
    assert told.startswith(message.format(folder=tmp_path))
    assert gateway.requests == []


def test_refused_text_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    output.write_bytes(b"before")
    gateway = FakeGateway(lambda _body: refuse(422, "no", input__0__source="empty"))
    told = gateway.fail("speak", "", "--language", "hi", "-o", str(output))
    assert told == "no (SOME_CODE, request r-1)\n  input.0.source: empty"
    assert output.read_bytes() == b"before"


def test_file_is_replaced_with_its_permissions_through_its_link(tmp_path: Path) -> None:
    output, link = tmp_path / "out.wav", tmp_path / "link.wav"
    output.write_bytes(b"before, and longer than the sound that comes")
    output.chmod(0o600)
    link.symlink_to(output)
    FakeGateway(lambda _body: spoken()).run("speak", "x", "--language", "hi", "-o", str(link))
    assert (output.read_bytes(), output.stat().st_mode & 0o777) == (SOUND, 0o600)
    assert link.is_symlink()


def test_named_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    FakeGateway(lambda _body: spoken()).run("speak", "x", "--language", "hi", "-o", str(pipe))
    assert os.read(reader, 100) == SOUND
    os.close(reader)
    assert pipe.is_fifo()


def test_pipe_that_a_link_leads_to_is_written_to(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    link = tmp_path / "link.wav"
    link.symlink_to(f"/proc/self/fd/{writer}")
    FakeGateway(lambda _body: spoken()).run("speak", "x", "--language", "hi", "-o", str(link))
    assert os.read(reader, 100) == SOUND
    os.close(reader)
    os.close(writer)


def test_file_that_cannot_be_written_is_told() -> None:
    asked = ("speak", "x", "--language", "hi", "-o", "/dev/full", "--format", "wav")
    told = FakeGateway(lambda _body: spoken()).fail(*asked)
    assert told == "/dev/full cannot be written: No space left on device"


@pytest.mark.parametrize(
    "option", [("--speed", "9"), ("--speed", "nan"), ("--rate", "1"), ("--format", "aac")]
)
def test_option_out_of_range_is_refused(option: tuple[str, str]) -> None:
    gateway = FakeGateway(lambda _body: spoken())
    assert gateway.run("speak", "x", "--language", "hi", *option).exit_code == 2
    assert gateway.requests == []


def test_input_that_is_no_text_is_told() -> None:
    gateway = FakeGateway(lambda _body: spoken())
    told = gateway.fail("speak", "--language", "hi", stdin=b"\xff\xfe")
    assert told == "standard input is not text in UTF-8"


def test_sound_is_not_written_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["ai4v", "speak", "x", "--language", "hi"])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    message = "ai4v: sound is not written to a terminal: name a file with -o\n"
    assert capsys.readouterr().err == message


class Listed(BaseModel):
    voices: tuple[dict[str, object], ...]
    total: int = 2


def test_voices_are_listed() -> None:
    voice = {
        "voice_id": "hf_alpha",
        "name": "Alpha",
        "languages": ["hi"],
        "approximates": ["mai", "doi"],
        "gender": "female",
        "engine": "kokoro",
        "tier": "neural",
    }
    gateway = FakeGateway(lambda _body: Listed(voices=(voice,)))
    (row,) = gateway.run("voices", "--language", "hi").stdout.split("\n")[3:4]
    assert row.split() == ["hf_alpha", "hi", "mai", "doi", "female", "kokoro", "neural"]
    assert gateway.requests[0].url.query == b"language=hi"
    assert json.loads(gateway.run("voices", "--json").stdout) == [voice]
