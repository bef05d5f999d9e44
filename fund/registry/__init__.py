"""The register: civic groups, fields of use, programmes and themes."""
