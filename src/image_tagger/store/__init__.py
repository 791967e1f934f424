"""What outlives the process: a database and a folder of files."""
