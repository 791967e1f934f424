"""Repositories of the Hugging Face hub, in the layout of transformers or timm, made into model folders."""
