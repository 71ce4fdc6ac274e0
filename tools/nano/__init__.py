"""Draws the data, trains and measures the embedded model `models/nano`."""
