"""How Alembic runs here: always with the connection, and in the transaction, of `store.schema`."""

from alembic import context

from image_tagger.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite has it, too, where transactions are begun by hand
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
