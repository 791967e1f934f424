"""Bytes and pixels: from a URL or an upload to RGB images."""
