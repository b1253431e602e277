"""Diagrams as values: shapes and flows, where they stand, and BPMN 2.0 files of them in and out."""
