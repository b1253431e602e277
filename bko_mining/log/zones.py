"""Time zones as exports name them, and what clock an office lives by."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from bko_mining.log.coding import Instants

ZONES = {
    "Z": 0, "z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120,
    "EEST": 180,
    "BRT": -180, "BRST": -120, "AMT": -240, "ART": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300,
    "MST": -420,
    "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
OFFICES = (
    "America/Sao_Paulo", "Europe/London", "Europe/Amsterdam", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "Europe/Athens", "America/Manaus", "America/Noronha", "Asia/Tokyo", "Asia/Kolkata",
    "Australia/Sydney",
)  # fmt: skip


def minutes_east(zone: str) -> int:
    """Minutes east of Greenwich of ``Z``, ``BRT``, ``+01``, ``-0300``, ``UTC-3`` or ``+05:30``."""
    if zone in ZONES:
        return ZONES[zone]
    digits = "".join(c for c in zone if c.isdigit())
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return (-1 if "-" in zone else 1) * (int(hours or 0) * 60 + int(minutes))


def offsets_of(name: str, instants: Instants) -> Instants:
    """Minutes east of Greenwich of a zone at some instants."""
    utc = pd.DatetimeIndex(instants.view("M8[us]"), tz="UTC")
    wall = utc.tz_convert(ZoneInfo(name)).tz_localize(None).to_numpy("M8[us]").view(np.int64)
    return (wall - instants) // 60_000_000
