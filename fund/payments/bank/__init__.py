"""What the bank says: its statements as lines, and which booked money each line is."""
