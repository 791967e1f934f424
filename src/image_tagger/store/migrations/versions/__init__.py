"""One module per revision of the database."""
