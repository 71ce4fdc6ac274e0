"""The OpenAPI document: types of answers, examples, and their assembly.

Routes import the types for annotations only, so the server loads this package with the first
request for the document.
"""
