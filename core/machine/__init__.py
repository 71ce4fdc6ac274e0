"""The machine over time: measurements, kept in memory and by the minute in a file."""
