"""From projections to relations: which deploys overlapped, which write a read saw. Pure functions."""
