"""Damaged input of every kind, by the thousand: see `__main__`. The tests run the seeded beginning of each."""
