"""How many requests of a key may come at once."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0003"
down_revision = "auth_0002"
branch_labels = None
depends_on = None

_SCHEMA = "auth"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("burst", sa.Integer), schema=_SCHEMA)


def downgrade() -> None:
    op.drop_column("api_keys", "burst", schema=_SCHEMA)
