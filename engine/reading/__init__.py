"""Reads, maps, cleans and loads files as shops export them."""
