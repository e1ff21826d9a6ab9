"""The tables of the schema `tts`. They never hold audio or text."""

from typing import Final

from sqlalchemy import Column, Double, Integer, String

from ai4v.kit.database.connection import schema_metadata
from ai4v.kit.database.journaltable import request_table, result_table

METADATA: Final = schema_metadata("tts")

REQUESTS: Final = request_table(
    METADATA,
    Column("language", String(16), nullable=False),
    Column("voice_id", String(64), nullable=False),
)

RESULTS: Final = result_table(
    REQUESTS,
    Column("characters", Integer, nullable=False),
    Column("audio_s", Double, nullable=False),
)
