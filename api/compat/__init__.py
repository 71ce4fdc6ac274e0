"""Calls that users of card-set studios expect, as thin aliases of our own."""
