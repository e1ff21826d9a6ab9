"""The published client of the Bhashini API, unchanged, with the platform's address."""

import base64
import io
from collections.abc import Iterator

import jiwer
import pytest
import soundfile
from bhashini_client import BhashiniClient
from bhashini_client.utils.request_handler import RequestHandler

from tests.support.media import MediaServer, serve_folder
from tests.support.platform import REPOSITORY, Platform, run_platform

pytestmark = pytest.mark.connected

_SPEECH = REPOSITORY / "tests" / "data" / "speech" / "hi"
_WORDS = "आज मौसम बहुत अच्छा है, चलो बाहर घूमने चलते हैं।"
_SOON_S = 60


@pytest.fixture(scope="module")
def media() -> Iterator[MediaServer]:
    with serve_folder(_SPEECH) as server:
        yield server


@pytest.fixture(scope="module")
def house(media: MediaServer) -> Iterator[Platform]:
    with run_platform(environment={"AI4V_ASR_FETCH_ORIGINS": media.origin}) as running:
        yield running


@pytest.fixture(scope="module")
def client(house: Platform) -> BhashiniClient:
    """The client as it is installed; its handler takes the address."""
    made = BhashiniClient(house.first_run.api_key)
    handler = RequestHandler(
        house.first_run.api_key,
        base_url=f"{house.gateway_url}/services/inference/pipeline",
        timeout=_SOON_S,
    )
    for service in (made.asr_service, made.nmt_service, made.tts_service):
        service.handler = handler
    return made


def test_translates(client: BhashiniClient) -> None:
    assert "weather" in client.nmt("आज मौसम बहुत सुहावना है।", "hi", "en").lower()


@pytest.mark.parametrize("gender", ["male", "female"])
@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_speaks(client: BhashiniClient, gender: str, kind: str) -> None:
    content = base64.b64decode(client.tts("नमस्ते दुनिया", "hi", gender, kind), validate=True)
    sound = soundfile.info(io.BytesIO(content))
    assert sound.format == {"wav": "WAV", "mp3": "MP3"}[kind]
    assert 0.5 < sound.duration < 5


def test_hears(client: BhashiniClient, media: MediaServer) -> None:
    assert jiwer.cer(_WORDS, client.asr(f"{media.origin}/02.ogg", "hi")) <= 0.3


def test_address_that_is_not_allowed_is_an_error_to_it(client: BhashiniClient) -> None:
    assert client.asr("http://127.0.0.1:9/02.ogg", "hi") == "API Error"


def test_what_cannot_be_is_an_error_to_it(client: BhashiniClient) -> None:
    assert client.nmt("hello", "en", "ta") == "API Error"
    assert client.tts("hello", "xx") == "API Error"
