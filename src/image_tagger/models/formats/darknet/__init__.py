"""Darknet's files, read without Darknet: what they hold is known before a library opens them."""
