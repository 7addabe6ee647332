"""A small world that deploys: an engine with swarm's rules, work trees, locks, runs, and what they leave behind.

It knows what really happened, so that answers from the evidence can be held against it.
"""
