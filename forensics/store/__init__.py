"""The case on disk: ledger, segments, and what is read into them."""
