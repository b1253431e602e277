"""From a twin to the log it writes."""
