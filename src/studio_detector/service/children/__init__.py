"""Child processes that touch the pictures: decode, analyse, draw."""
