"""Caffe's files, read without Caffe: what they hold is known before a library opens them."""
