"""Pictures, pages, tables and widgets: draws and words, computes nothing."""
