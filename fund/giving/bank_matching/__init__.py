"""Matching the bank's lines with what the fund expects and has booked.

It stands in the room of gifts because a transfer is recognised by the donor's name in kana and by
the gift's number, which the room of payments must not know. Payments to groups, payouts and
refunds are matched by their journal entries: this room sees those too, and no room above it is
needed.
"""
