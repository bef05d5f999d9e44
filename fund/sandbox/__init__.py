"""The local payment sandbox: a stand-in for Stripe that runs on the same machine.

It is a program of its own: it knows nothing of the house but the kernel, and the house knows
nothing of it but a base URL. ``server`` starts it, ``control`` documents how tests steer it.
"""
