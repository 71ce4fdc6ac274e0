"""The project's own tools: setting up, checking, and what is generated. Not part of the studio."""
