"""The command line: ``bko report|fit|simulate|compare|dashboard|new-study``, a thin layer over the library."""

import typer

app = typer.Typer(
    help="Process mining and what-if simulation for back offices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
