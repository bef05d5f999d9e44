"""What every published column is called, is and means: one set of definitions for all dresses.

Releases, twins of pages, the API, its OpenAPI description, CSVW metadata and the data dictionary
are all made from these.
"""
