"""Swatches: small drawings that stand for a style without a picture, as SVG.

All have one composition, a disc over two waves, drawn with the colours, the marks and the ground
of a style.
"""
