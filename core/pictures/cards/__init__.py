"""Cards: frames, pips, indices and texts drawn over an image from a layout."""
