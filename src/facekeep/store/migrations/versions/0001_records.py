"""The table of encrypted cells."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create `records`."""
    op.create_table(
        "records",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("cell", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE records ALTER COLUMN cell SET STORAGE EXTERNAL")  # ciphertext does not compress


def downgrade() -> None:
    """Drop `records`, only where it is empty: no older layout could hold the cells."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM records LIMIT 1")).first() is not None:
        raise RuntimeError("the table still holds records; nothing was changed")
    op.drop_table("records")
