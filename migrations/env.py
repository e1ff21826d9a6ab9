"""Alembic's entry: runs on the connection that ai4v.kit.migration hands over."""

from alembic import context

config = context.config
schema = config.attributes["schema"]
context.configure(
    connection=config.attributes["connection"],
    version_table="alembic_version",
    version_table_schema=schema,
)
with context.begin_transaction():
    context.run_migrations()
