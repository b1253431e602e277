"""The data model of a digital twin: plain values, read from and written to one YAML file."""
