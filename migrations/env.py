"""Runs the revisions on the engine that the caller hands over, each in a transaction of its own."""

from alembic import context

from inspection.storage import tables

engine = context.config.attributes["engine"]

with engine.connect().execution_options(write=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
