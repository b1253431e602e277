"""Scenarios, experiments, money and the best plan."""
