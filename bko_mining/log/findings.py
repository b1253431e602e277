"""What can be wrong with a log: the kinds of findings and the words for them.

A finding is a value; its words are chosen when it is shown, so that they follow the language in force.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from bko_mining.words import say


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a log that distorts its answers.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``.
    n, of : int
        How many rows (or cases, resources, values) of how many.
    example : str
        A case, a value or a row where it is seen.
    """

    kind: str
    n: int
    of: int
    example: str = ""

    @property
    def share(self) -> float:
        """n / of, in [0, 1]."""
        return self.n / self.of if self.of else 0.0


KINDS: dict[str, tuple[str, str, str]] = {
    "rows_unreadable": (
        "Rows that could not be read",
        "They are not in the log; counts and times lack them.",
        "repair the rows in the export, or the separator and quotes",
    ),
    "rows_short": (
        "Rows that end early, their last columns taken as missing",
        "If a separator is missing in their midst, values stand in wrong columns.",
        "repair the rows in the export: {example}",
    ),
    "encodings_mixed": (
        "Lines in another encoding than the rest, such as {example}",
        "If they were in a third one, their accents are wrong.",
        "export in UTF-8",
    ),
    "encoded_twice": (
        "Accented letters that were encoded twice, put right: {example}",
        "None, if the example reads well.",
        "export in UTF-8 once",
    ),
    "sheets_joined": (
        "Sheets with the same headings, read one after another: {example}",
        "If one repeats what stands in another, instances count twice.",
        "read_log(pandas.read_excel(path, sheet_name='…'))",
    ),
    "cases_rounded": (
        "Cases that are numbers rounded by a spreadsheet, such as {example}",
        "Different cases became one; everything counted by case is wrong.",
        "export the case as text, not as a number",
    ),
    "cases_alike": (
        "Cases that differ in leading zeros only: {example}",
        "One case may be counted as two; cycle times are too short.",
        "write the case with its zeros in every row of the export",
    ),
    "case_missing": (
        "Rows without a case",
        "They cannot be placed and are not in the log.",
        "fill the case in the export",
    ),
    "case_carried": (
        "Rows without a case that were given the case above them",
        "Each case stands once, in the first of its rows; if that means something else, cases are wrong.",
        "write the case into every row of the export",
    ),
    "sheets": (
        "Sheets of the workbook that were left out; read was {example}",
        "What they hold is not in the log.",
        "read_log(pandas.read_excel(path, sheet_name='…'))",
    ),
    "unfolded": (
        "Cases whose steps stood in columns, made a row a step: {example}",
        "A step that was done again shows its last date only; rework and loops cannot be seen.",
        "export the history, or pass columns={{'activity': …, 'end': …}}",
    ),
    "other_fields": (
        "Changes of other fields than the state: {example}",
        "They are not in the log.",
        "filter the export by the field you want to follow",
    ),
    "activity_missing": (
        "Rows without an activity",
        "They cannot be placed and are not in the log.",
        "fill the activity in the export",
    ),
    "instant_unreadable": (
        "Dates that do not exist or cannot be read",
        "Rows without any date are not in the log; others lack a start.",
        "repair them in the export, or pass columns={{'day_first': …}}",
    ),
    "instant_missing": (
        "Rows without any date",
        "They cannot be placed in time and are not in the log.",
        "fill the date in the export",
    ),
    "zone_assumed": (
        "Instants without a time zone, read as {example}",
        "Weekdays, working hours and comparisons with other systems shift.",
        "read_log(path, timezone='America/Sao_Paulo')",
    ),
    "zones_mixed": (
        "Instants with and without a time zone in one column",
        "Those without were read as {example}.",
        "read_log(path, timezone=…)",
    ),
    "order_guessed": (
        "Dates that could be day first or month first, read as {example}",
        "If wrong, every duration is wrong.",
        "read_log(path, columns={{'day_first': True}})",
    ),
    "clock_change": (
        "Instants in the hour that a clock change repeats or skips",
        "Durations across that hour may be an hour off.",
        "export with a time zone",
    ),
    "unstarted": (
        "Completions without a start",
        "Their processing time is not known.",
        "none needed; they stay as instances without a start",
    ),
    "unfinished": (
        "Starts without a completion",
        "They stay as open instances and have no processing time.",
        "log.without_open_instances()",
    ),
    "folded": (
        "Schedule, assign, suspend and resume rows",
        "They are not instances; pauses count as processing time.",
        "none needed",
    ),
    "revisits_merged": (
        "The export has one row a phase; returns to a phase are merged",
        "Rework and loops cannot be seen.",
        "export the card history instead",
    ),
    "flattened": (
        "Events of an object-centric log left out, as it was flattened on {example}",
        "Events that touch no object of that type are not in the log.",
        "read_log(path, object_type='…')",
    ),
    "unmatched": (
        "Instances whose key the joined table does not have",
        "What was joined is missing for them; sums and averages leave them out.",
        "add the keys to the table: {example}",
    ),
    "out_of_order": (
        "Rows earlier than the row of their case before them in the export",
        "Where instants are equal, the order of the file decides; it may not be the order of the work.",
        "export sorted by case and time, or with seconds",
    ),
    "duplicates": (
        "Instances that repeat another in everything",
        "Counts, rework and work content are too high.",
        "log.without_duplicates()",
    ),
    "reversed": (
        "Instances that end before they start",
        "Processing times are negative.",
        "log.with_reversed_swapped()",
    ),
    "impossible": (
        "Instants before 1990 or far after all others",
        "The window of the log and every long duration are wrong.",
        "log.without_impossible_dates()",
    ),
    "overlapping": (
        "Instances that start while the same resource is at another",
        "Utilisation counts the same hour twice; waiting looks shorter.",
        "none needed; measures of workload share the time",
    ),
    "resource_missing": (
        "Instances without a resource",
        "Handovers and workload lack them.",
        "log.with_resource('System')",
    ),
    "no_resources": (
        "The log names no resource",
        "Workload, handovers and causes of waiting cannot be told.",
        "export who did it",
    ),
    "no_starts": (
        "The log has end times only",
        "Working and waiting cannot be told apart.",
        "bko.estimate_start_times(log)",
    ),
    "no_ends": (
        "The log has start times only",
        "How long anything took is not known; the last instance of a case ends when it starts.",
        "export the end times",
    ),
    "starts_estimated": ("Starts are estimated", "Working and waiting times are estimates.", "export the start times"),
    "simultaneous": (
        "Instances at the very instant of the one before",
        "Their order is that of the file and may mean nothing.",
        "export with seconds",
    ),
    "batch_stamped": (
        "Instances stamped together with at least four others",
        "The clock shows when a batch ran, not when the work was done.",
        "none needed; read durations of these activities with care",
    ),
    "midnight": (
        "Instants that are dates only (midnight)",
        "Durations are whole days; hours of the day mean nothing.",
        "export with the time of day",
    ),
    "gap": (
        "Days in a stretch without any recording",
        "Throughput and cycle times across the gap are wrong.",
        "log.started_in(first, last)",
    ),
    "cut_early": (
        "Cases that probably began before the log",
        "Their cycle times are too short.",
        "log.without_cut_cases()",
    ),
    "cut_late": (
        "Cases that had probably not ended with the log",
        "Their cycle times are too short; they count as done.",
        "log.without_cut_cases()",
    ),
    "spellings": (
        "Activities written in several ways",
        "One activity is counted as several; variants multiply.",
        "log.with_one_spelling()",
    ),
    "misspelt": (
        "Activities that look like misspellings of others",
        "One activity is counted as several; variants multiply.",
        "log.with_activities_named({{{example}}}), if they are the same",
    ),
    "bots": (
        "Resources that look like machines",
        "Utilisation, shifts and handovers of people are blurred.",
        "log.without_resources(names)",
    ),
    "teams": (
        "Resources that look like teams",
        "Capacity looks like one person's.",
        "map the column to role and the person to resource",
    ),
    "personal": (
        "Columns that look like personal data",
        "Sharing the log may break data protection law.",
        "log.pseudonymise(key=…)",
    ),
}
"""What each kind is called, what it distorts, and what to do: English; the catalogue of the room has the Portuguese."""


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings in words: what, n, share, example, distorts, repair, kind."""
    rows = []
    for finding in findings:
        what, distorts, repair = KINDS[finding.kind]
        rows.append(
            {
                "what": say(what, example=finding.example),
                "n": finding.n,
                "share": finding.share,
                "example": finding.example,
                "distorts": say(distorts, example=finding.example),
                "repair": say(repair, example=finding.example),
                "kind": finding.kind,
            }
        )
    columns = ["what", "n", "share", "example", "distorts", "repair", "kind"]
    return pd.DataFrame(rows, columns=columns)
