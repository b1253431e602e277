"""Process mining and what-if simulation for back offices, in Jupyter.

>>> import bko_mining as bko
>>> bko.WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:30").weekly_hours
42.5

Names are imported when they are first used, so that ``import bko_mining`` stays quick.
"""

import sys
from functools import cache
from importlib import import_module
from inspect import isfunction
from types import ModuleType
from typing import Any

from bko_mining._version import __version__
from bko_mining.arguments import checked

_HOME = {
    "words": ("language", "set_language", "speaking"),
    "errors": (
        "BkoError",
        "CalendarError",
        "DataQualityWarning",
        "LogError",
        "MappingError",
        "ScenarioError",
        "SimulationError",
        "TwinError",
        "TwinWarning",
    ),
    "results": ("Result",),
    "calendars": ("WorkCalendar",),
    "log.event_log": ("EventLog",),
    "log.reading": ("read_log", "read_table"),
    "log.mapping": ("ColumnMapping",),
    "log.repairs": ("estimate_start_times",),
    "log.scanning": ("Scan", "on_dask", "on_spark", "scan"),
    "log.summaries": ("LogSummary", "summarise"),
    "log.profiling": ("Profile", "profile"),
    "log.chunk_profiles": ("ScanProfile",),
    "twin.model": ("Twin",),
    "twin.bpmn": ("read_bpmn", "write_bpmn"),
    "twin.prosimos": ("read_prosimos",),
    "twin.prosimos_writer": ("write_prosimos",),
    "simulate.simulation": ("simulate",),
    "simulate.policies": ("Policies",),
    "fit.fitting": ("fit_twin",),
    "fit.like_the_log": ("simulate_like",),
    "fit.report": ("FitReport", "fit_report"),
    "validate.distances": ("distances",),
    "validate.fidelity": ("Fidelity", "fidelity"),
    "validate.floors": ("copy_of_the_past", "noise_floor"),
    "validate.telling_apart": ("ToldApart", "told_apart"),
    "validate.observing": ("observe_like",),
    "whatif.scenario": ("Scenario",),
    "whatif.experiment": ("run_experiment",),
    "whatif.comparison": ("Comparison",),
    "whatif.study": ("Study",),
    "whatif.business_case": ("BusinessCase", "business_case"),
    "whatif.sensitivity": ("Sensitivity", "SobolIndices", "sensitivity", "sobol"),
    "whatif.levers": ("Lever",),
    "whatif.views": ("queue_over_time", "scenario_utilisation", "trade_off", "warm_up_period"),
    "whatif.optimisation": ("BestPlan", "optimise"),
    "fit.uncertainty": ("resample_twin",),
    "fit.under_way": ("start_state",),
    "whatif.suggestions": ("suggested_scenarios",),
    "present.report": ("report",),
    "present.dashboard": ("what_if_panel",),
    "analyse.times": ("cycle_time", "processing_time", "waiting_time"),
    "analyse.throughput": ("throughput", "work_in_progress"),
    "analyse.week_heatmap": ("heatmap",),
    "analyse.sla": ("sla",),
    "analyse.survival": ("time_to_finish",),
    "analyse.beliefs": ("Beliefs",),
    "analyse.waiting_causes": ("shared_beliefs", "waiting_causes"),
    "analyse.explaining": ("Explanation", "explain"),
    "analyse.work_calendars": ("discover_calendars",),
    "analyse.bottlenecks": ("bottlenecks",),
    "analyse.cycle_parts": ("cycle_time_parts",),
    "analyse.before_after": ("before_after",),
    "analyse.cause_map": ("cause_map",),
    "analyse.queues": ("queue_length",),
    "analyse.rework": ("rework",),
    "discover.process_model": (
        "ProcessModel",
        "discover_heuristics_model",
        "discover_model",
        "discover_powl_model",
        "discover_split_model",
        "model_quality",
        "read_model",
    ),
    "discover.conformance": ("conformance",),
    "analyse.returns": ("first_time_right", "loops"),
    "analyse.handovers": ("handovers",),
    "analyse.productivity": ("learning", "productivity"),
    "analyse.workload": ("workload",),
    "analyse.teams": ("roles",),
    "analyse.turnover": ("turnover",),
    "analyse.absences": ("absences",),
    "analyse.rules": ("check_rules",),
    "analyse.rule_suggestions": ("suggest_rules",),
    "analyse.candidates": ("automation_candidates", "outsourcing_candidates"),
    "analyse.comparing": ("compare_logs",),
    "analyse.drift": ("drift",),
    "analyse.duplicates": ("duplicate_entry",),
    "analyse.insights": ("insights",),
    "whatif.candidates": ("scenario_of",),
    "discover.process_map": ("process_map",),
    "discover.map_difference": ("MapDifference", "difference_map"),
    "discover.replay": ("Replay", "replay"),
    "discover.variants": ("variants",),
    "discover.dotted_chart": ("dotted_chart",),
    "discover.performance_spectrum": ("performance_spectrum",),
    "discover.concurrency": ("Concurrency", "concurrency", "enabling"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Beliefs",
    "BestPlan",
    "BkoError",
    "BusinessCase",
    "CalendarError",
    "ColumnMapping",
    "Comparison",
    "Concurrency",
    "DataQualityWarning",
    "EventLog",
    "Explanation",
    "Fidelity",
    "FitReport",
    "Lever",
    "LogError",
    "LogSummary",
    "MapDifference",
    "MappingError",
    "Policies",
    "ProcessModel",
    "Profile",
    "Replay",
    "Result",
    "Scan",
    "ScanProfile",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "SimulationError",
    "SobolIndices",
    "Study",
    "ToldApart",
    "Twin",
    "TwinError",
    "TwinWarning",
    "WorkCalendar",
    "__version__",
    "absences",
    "automation_candidates",
    "before_after",
    "bottlenecks",
    "business_case",
    "cause_map",
    "check_rules",
    "compare_logs",
    "concurrency",
    "conformance",
    "copy_of_the_past",
    "cycle_time",
    "cycle_time_parts",
    "difference_map",
    "discover_calendars",
    "discover_heuristics_model",
    "discover_model",
    "discover_powl_model",
    "discover_split_model",
    "distances",
    "dotted_chart",
    "drift",
    "duplicate_entry",
    "enabling",
    "estimate_start_times",
    "explain",
    "fidelity",
    "first_time_right",
    "fit_report",
    "fit_twin",
    "handovers",
    "heatmap",
    "insights",
    "language",
    "learning",
    "loops",
    "model_quality",
    "noise_floor",
    "observe_like",
    "on_dask",
    "on_spark",
    "optimise",
    "outsourcing_candidates",
    "performance_spectrum",
    "process_map",
    "processing_time",
    "productivity",
    "profile",
    "queue_length",
    "queue_over_time",
    "read_bpmn",
    "read_log",
    "read_model",
    "read_prosimos",
    "read_table",
    "replay",
    "report",
    "resample_twin",
    "rework",
    "roles",
    "run_experiment",
    "scan",
    "scenario_of",
    "scenario_utilisation",
    "sensitivity",
    "set_language",
    "shared_beliefs",
    "simulate",
    "simulate_like",
    "sla",
    "sobol",
    "speaking",
    "start_state",
    "suggest_rules",
    "suggested_scenarios",
    "summarise",
    "throughput",
    "time_to_finish",
    "told_apart",
    "trade_off",
    "turnover",
    "variants",
    "waiting_causes",
    "waiting_time",
    "warm_up_period",
    "what_if_panel",
    "work_in_progress",
    "workload",
    "write_bpmn",
    "write_prosimos",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'bko_mining' has no attribute {name!r}")
    return _public(name)


@cache
def _public(name: str) -> Any:
    """What stands behind a name; a function says what it needs when it is given something else."""
    found = getattr(import_module(f"bko_mining.{_MODULE_OF[name]}"), name)
    return checked(found, name=name) if isfunction(found) else found


class _House(ModuleType):
    """The package itself: ``bko.simulate`` is the function, though a room has the same name."""

    @property
    def simulate(self) -> Any:
        return _public("simulate")

    @simulate.setter
    def simulate(self, room: ModuleType) -> None:
        """The import system puts the room here when it is first loaded; the function stays."""


sys.modules[__name__].__class__ = _House


def __dir__() -> list[str]:
    return sorted(__all__)
