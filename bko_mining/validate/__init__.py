"""How far a simulated log is from an observed one."""
