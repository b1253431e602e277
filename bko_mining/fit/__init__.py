"""From a log to its twin."""
