"""The event log: reading, trusting, filtering and writing it."""
