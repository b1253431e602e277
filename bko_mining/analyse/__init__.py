"""How long, how often and who: measures of a log."""
