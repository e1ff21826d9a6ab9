from pathlib import Path, PurePosixPath

import pytest

from ai4v.contracts.language import LANGUAGES
from ai4v.kit.model import ModelMissingError, ModelStore, load_catalogue


class TestCatalogue:
    def test_built_in_models_are_offered(self) -> None:
        assert list(load_catalogue()) == [
            *("whisper-base", "indic-lexicon", "kokoro-82m", "gemma-3-270m"),
        ]

    def test_files_stay_in_their_folder_and_come_from_its_carriers(self) -> None:
        for model in load_catalogue().values():
            packages = {carrier.package for carrier in model.carriers}
            assert len(packages) == len(model.carriers)
            for file in model.files:
                path = PurePosixPath(file.path)
                assert not path.is_absolute()
                assert ".." not in path.parts
                assert {part.package for part in file.parts} <= packages
                assert len(file.sha256) == 64

    def test_languages_are_ours(self) -> None:
        for model in load_catalogue().values():
            assert set(model.languages) <= set(LANGUAGES)

    def test_licence_can_be_read(self) -> None:
        for model in load_catalogue().values():
            has_text = any(file.path == "LICENSE" for file in model.files)
            assert has_text != bool(model.terms)

    def test_models_know_whose_packages_they_need(self) -> None:
        catalogue = load_catalogue()
        assert [name for name, model in catalogue.items() if model.is_from("npm")] == ["kokoro-82m"]
        assert all(model.is_from("wheel") for model in catalogue.values())

    def test_sizes_are_summed(self) -> None:
        model = load_catalogue()["whisper-base"]
        assert model.download_bytes == 66_273_783 + 67_069_883
        assert model.size_bytes == sum(file.size_bytes for file in model.files)


class TestStore:
    def test_missing_model_says_how_to_get_it(self, tmp_path: Path) -> None:
        store = ModelStore(tmp_path)
        assert not store.is_installed("whisper-base")
        with pytest.raises(ModelMissingError, match="run ai4v models pull whisper-base"):
            store.path("whisper-base")

    def test_verify_names_what_is_missing(self, tmp_path: Path) -> None:
        problems = ModelStore(tmp_path).verify("whisper-base")
        assert "model.bin is missing" in problems
        assert "manifest.json is missing" in problems

    def test_unknown_model_is_not_installed(self, tmp_path: Path) -> None:
        assert not ModelStore(tmp_path).is_installed("unknown")

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": "whisper-base", "files": {}}'])
    def test_damaged_manifest_is_none(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "whisper-base").mkdir()
        (tmp_path / "whisper-base" / "manifest.json").write_text(text)
        assert ModelStore(tmp_path).manifest("whisper-base") is None
