"""Pretrained models and the heads that stand on them."""
