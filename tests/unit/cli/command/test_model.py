import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ai4v.cli.command.model import models
from ai4v.cli.failure import CommandError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"AI4V_DATA_DIR": str(tmp_path), "AI4V_MODEL_DIR": str(tmp_path / "model")}


def test_list_says_what_is_missing(environment: dict[str, str]) -> None:
    result = CliRunner().invoke(models, ["list", "--json"], env=environment)
    listed = {model["name"]: model for model in json.loads(result.stdout)}
    assert listed["whisper-base"]["state"] == "missing"
    assert listed["whisper-base"]["licence"] == "MIT"
    table = CliRunner().invoke(models, ["list"], env=environment)
    assert "whisper-base" in table.stdout


def test_damaged_model_is_told(environment: dict[str, str]) -> None:
    (Path(environment["AI4V_MODEL_DIR"]) / "whisper-base").mkdir(parents=True)
    listed = CliRunner().invoke(models, ["list", "--json"], env=environment)
    assert json.loads(listed.stdout)[0]["state"] == "damaged"
    result = CliRunner().invoke(models, ["verify", "--json"], env=environment)
    assert isinstance(result.exception, CommandError)
    assert result.exception.message == "get them again with: ai4v models pull whisper-base"


def test_unknown_model_is_refused(environment: dict[str, str]) -> None:
    result = CliRunner().invoke(models, ["pull", "gemma"], env=environment)
    assert isinstance(result.exception, CommandError)
    assert "no model is named gemma: there are whisper-base" in result.exception.message


def test_nothing_is_fetched_unasked(environment: dict[str, str]) -> None:
    result = CliRunner().invoke(models, ["pull"], env=environment)
    assert isinstance(result.exception, CommandError)
    assert "--accept-licences" in result.exception.message
    assert "Copyright (c) 2022 OpenAI" in result.stderr


def test_left_out_models_are_not_wanted(environment: dict[str, str]) -> None:
    left_out = ["pull", "--without", "whisper-base", "--without", "indic-lexicon", "--json"]
    result = CliRunner().invoke(models, left_out, env=environment)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []
