"""How the tables came to be, step by step (Alembic, run by `open_store`)."""
