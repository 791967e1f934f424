"""Pages for people, and the scripts that write the parts that code knows best."""
