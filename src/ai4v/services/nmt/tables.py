"""The tables of the schema `nmt`. They never hold text."""

from typing import Final

from sqlalchemy import Boolean, Column, Integer, String

from ai4v.kit.database.connection import schema_metadata
from ai4v.kit.database.journaltable import request_table, result_table

METADATA: Final = schema_metadata("nmt")

REQUESTS: Final = request_table(
    METADATA,
    Column("source_language", String(16), nullable=False),
    Column("target_language", String(16), nullable=False),
)

RESULTS: Final = result_table(
    REQUESTS,
    Column("source_language", String(16), nullable=False),
    Column("characters_in", Integer, nullable=False),
    Column("characters_out", Integer, nullable=False),
    Column("tier", String(16), nullable=False),
    Column("is_script_right", Boolean, nullable=False),
    Column("is_whole", Boolean, nullable=False),
)
