"""Subjects of the renderer: one module for each kind."""
