"""A release: the whole public ledger as a folder of plain files that needs none of our servers.

Everything in it follows from the signed log up to one head; only the names of groups and the
names donors chose to show come from registers that may change.
"""
