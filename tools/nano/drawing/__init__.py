"""What the renderer can draw: one module for each kind of subject."""
