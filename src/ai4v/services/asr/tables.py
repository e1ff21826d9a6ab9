"""The tables of the schema `asr`. They never hold audio or text."""

from typing import Final

from sqlalchemy import Boolean, Column, Double, String

from ai4v.kit.database.connection import schema_metadata
from ai4v.kit.database.journaltable import request_table, result_table

METADATA: Final = schema_metadata("asr")

REQUESTS: Final = request_table(
    METADATA,
    Column("language", String(16), nullable=False),
    Column("task", String(32), nullable=False),
)

RESULTS: Final = result_table(
    REQUESTS,
    Column("language", String(16)),
    Column("audio_s", Double, nullable=False),
    Column("is_silence", Boolean, nullable=False),
    Column("is_script_right", Boolean, nullable=False),
    Column("confidence", Double),
)
