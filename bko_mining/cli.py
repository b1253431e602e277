"""The command line: ``bko profile|report|replay|fit|simulate|compare|dashboard|new-study|demo``; thin."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bko_mining.errors import BkoError
from bko_mining.results import as_text
from bko_mining.words import number, say, set_language, share_words

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog
    from bko_mining.whatif.comparison import Comparison

app = typer.Typer(
    help="Process mining and what-if simulation for back offices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Language(StrEnum):
    """Languages that are spoken."""

    en = "en"
    pt_BR = "pt_BR"  # noqa: N815  (the code of the language)


def _result(*endings: str, help: str = "") -> Any:
    """Make the option that names the result; before the work it is seen that this can be written."""

    def ready(path: Path | None) -> Path | None:
        if path is None:
            return None
        if path.suffix not in endings:
            raise typer.BadParameter(f"cannot write {path.suffix or path.name!r}; use {' or '.join(endings)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    return typer.Option("-o", "--output", callback=ready, help=f"{help} {' or '.join(endings)}".strip())


LogPath = Annotated[Path, typer.Argument(help="The export: CSV, Excel, XES, Parquet, JSON (also .gz, .zip).")]
TwinPath = Annotated[Path, typer.Argument(help="The twin, a YAML file.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of what people read.")]
Zone = Annotated[str | None, typer.Option(help="IANA name of the clock the office lives by.")]
Seed = Annotated[int, typer.Option(help="Same seed, same answer.")]
Replications = Annotated[int, typer.Option(min=2, help="Independent runs of each scenario.")]


@app.command()
def profile(
    log: Annotated[Path, typer.Argument(help="The export, or a folder of Parquet files of any size.")],
    output: Annotated[Path | None, _result(".html", help="Also as a page:")] = None,
    lang: Lang = Language.en,
    timezone: Zone = None,
    memory_limit: Annotated[str, typer.Option(help="What a part of a folder may take, e.g. 4GB.")] = "2GB",
) -> None:
    """Say what a log holds and what is wrong with it; a folder passes through in parts and is never sampled."""
    set_language(lang.value)
    from bko_mining.log.profiling import profile as look
    from bko_mining.log.reading import read_log
    from bko_mining.log.scanning import scan

    parts = scan(log, timezone=timezone, memory_limit=memory_limit) if log.is_dir() else None
    found = look(read_log(log, timezone=timezone)) if parts is None else parts.profile()
    typer.echo(found.summary)
    for what, n, share, example, _, repair, _ in found.table.values.tolist():
        seen = "" if example in what + repair else f" {example}"
        typer.echo(f"- {what}: {number(n)} ({share_words(share)}){seen}\n  {repair}")
    if output is not None:
        typer.echo(say("Written: {path}", path=found.to_html(output)))


@app.command()
def report(
    log: LogPath,
    output: Annotated[Path, _result(".html", ".xlsx", ".pptx")] = Path("report.html"),
    lang: Lang = Language.en,
    timezone: Zone = None,
    what_if: Annotated[bool, typer.Option(help="Fit a twin and add first what-ifs.")] = True,
    rules: Annotated[Path | None, typer.Option(help="Rules to check, a YAML file: adds the compliance pages.")] = None,
    amount: Annotated[str | None, typer.Option(help="Column of the amounts of cases that break a rule.")] = None,
    model: Annotated[Path | None, typer.Option(help="Reference, .bpmn or .pnml; else discovered from the log.")] = None,
    with_model: Annotated[bool, typer.Option(" /--no-model", help="Leave the chapters on a model out.")] = True,
    replications: Replications = 20,
    seed: Seed = 7,
) -> None:
    """Write a report on a log: what happens, where it waits, what is done twice, and what if."""
    set_language(lang.value)
    from bko_mining.log.profiling import profile as look
    from bko_mining.log.reading import read_log
    from bko_mining.present.report import report as tell

    found = read_log(log, timezone=timezone)
    typer.echo(look(found).summary)
    comparison = _first_what_ifs(found, replications, seed) if what_if else None
    title = log.name.split(".")[0].replace("_", " ").capitalize()
    made = tell(
        found, comparison=comparison, title=title, rules=rules, amount=amount, model=model if with_model else False
    )
    for chapter in made.chapters:
        typer.echo(f"- {chapter.answer.summary}")
    typer.echo(say("Written: {path}", path=made.save(output)))


@app.command()
def replay(
    log: LogPath,
    output: Annotated[Path, _result(".html", ".svg")] = Path("replay.html"),
    lang: Lang = Language.en,
    timezone: Zone = None,
    colour: Annotated[str | None, typer.Option(help="Attribute of cases, resource or role to tell apart.")] = None,
    relative: Annotated[bool, typer.Option(help="Every case from its own beginning.")] = False,
) -> None:
    """Write a film of the cases on their way through the map; it needs no script and no network."""
    set_language(lang.value)
    from bko_mining.discover.replay import replay as film
    from bko_mining.log.reading import read_log

    found = film(read_log(log, timezone=timezone), relative=relative, colour=colour)
    typer.echo(found.summary)
    typer.echo(say("Written: {path}", path=found.save(output)))


@app.command()
def fit(
    log: LogPath,
    output: Annotated[Path, _result(".yaml", ".yml", help="The twin:")] = Path("twin.yaml"),
    timezone: Zone = None,
    seed: Seed = 0,
) -> None:
    """Fit a twin to a log and write it as one YAML file."""
    from bko_mining.fit.fitting import fit_twin
    from bko_mining.log.reading import read_log

    twin = fit_twin(read_log(log, timezone=timezone), seed=seed, name=log.name.split(".")[0])
    for finding in twin.evidence:
        typer.echo(f"{finding.part}: {finding.found} (n = {finding.n})")
    typer.echo(say("Written: {path}", path=twin.save(output)))


@app.command()
def simulate(
    twin: TwinPath,
    output: Annotated[Path, _result(".csv", help="The simulated log:")] = Path("simulated.csv"),
    cases: Annotated[int, typer.Option(min=1, help="How many cases arrive.")] = 1000,
    start: Annotated[str | None, typer.Option(help="First day, e.g. 2027-01-04.")] = None,
    seed: Seed = 0,
    replication: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Run a twin and write its event log."""
    from bko_mining.simulate.simulation import simulate as run
    from bko_mining.twin.model import Twin

    log = run(Twin.load(twin), n_cases=cases, start=start, seed=seed, replication=replication)
    log.frame.to_csv(output, index=False)
    typer.echo(repr(log))
    typer.echo(say("Written: {path}", path=output))


@app.command()
def compare(
    twin: TwinPath,
    scenarios: Annotated[Path, typer.Argument(help="The what-ifs, a YAML file.")],
    output: Annotated[Path, _result(".html", ".xlsx", ".pptx")] = Path("compare.html"),
    lang: Lang = Language.en,
    replications: Annotated[int | None, typer.Option(min=2, help="Instead of what the file says.")] = None,
    store: Annotated[Path | None, typer.Option(help="Folder that keeps finished runs.")] = None,
) -> None:
    """Compare what-ifs with the twin as it is, with intervals, and write a report."""
    set_language(lang.value)
    from bko_mining.present.comparison_files import save_comparison
    from bko_mining.twin.model import Twin
    from bko_mining.whatif.study import Study

    changes = {} if replications is None else {"replications": replications}
    as_is = Twin.load(twin)
    found = Study.load(scenarios).run(as_is, store=store, **changes)
    for name in found.scenarios:
        typer.echo(f"- {found.sentence(name)}")
    save_comparison(found, output)
    typer.echo(say("Written: {path}", path=output))


@app.command()
def dashboard(
    twin: TwinPath,
    lang: Lang = Language.en,
    port: Annotated[int, typer.Option(help="Where the browser finds it.")] = 8866,
) -> None:
    """Open sliders in the browser: change people and demand, see the effect with its interval."""
    from bko_mining.present.dashboard import serve

    raise typer.Exit(serve(twin, language=lang.value, port=port))


@app.command("new-study")
def new_study(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    log: Annotated[Path | None, typer.Option(help="Fit the twin to this log.")] = None,
) -> None:
    """Make the folder of a new study: twin, what-ifs, and the questions a study must answer."""
    from bko_mining.whatif.new_study import make_study

    for path in make_study(folder, log):
        typer.echo(say("Written: {path}", path=path))


@app.command()
def demo(
    log: LogPath,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("demo"),
    role: Annotated[str, typer.Option(help="Who gets two more.")] = "AP clerk",
    timezone: Zone = "America/Sao_Paulo",
) -> None:
    """Do the main job on a log: profile, map, bottlenecks, rework, twin, what-if, report."""
    import bko_mining as bko

    out.mkdir(parents=True, exist_ok=True)
    found = bko.read_log(log, timezone=timezone)
    for title, answer in (
        ("The log", bko.profile(found)),
        ("Where it waits", bko.bottlenecks(found, cost_per_hour=8, currency="BRL")),
        ("Why", bko.waiting_causes(found, by="activity")),
        ("What is done twice", bko.rework(found)),
    ):
        _show(title, answer.summary, as_text(answer.table, rows=6))
    twin = bko.fit_twin(found, name=log.stem)
    twin.save(out / "twin.yaml")
    scenarios = [bko.Scenario(f"Two more: {role}").staff(role, add=2), bko.Scenario("Demand +10 %").demand(1.1)]
    comparison = bko.run_experiment(twin, scenarios, replications=20, seed=7)
    _show("What if", comparison.summary, as_text(comparison.table, rows=12))
    bko.process_map(found).to_html(out / "process-map.html")
    bko.report(found, comparison=comparison, title="Accounts payable").save(out / "report.html")


def _first_what_ifs(log: "EventLog", replications: int, seed: int) -> "Comparison":
    from bko_mining.fit.fitting import fit_twin
    from bko_mining.whatif.experiment import run_experiment
    from bko_mining.whatif.suggestions import suggested_scenarios

    twin = fit_twin(log, seed=seed)
    return run_experiment(twin, suggested_scenarios(twin), replications=replications, seed=seed)


def _show(title: str, sentence: str, table: str) -> None:
    typer.echo(f"\n## {title}\n{sentence}\n\n{table}")


def main() -> None:
    """Run the command line; what a user can cause is said without a traceback."""
    try:
        app()
    except (BkoError, OSError) as problem:
        typer.echo(f"bko: {problem}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
