"""The structured log: records, files, and queries."""
