"""The shape of the house: imports point downward, nothing heavy is loaded, everything public is documented."""

import ast
import inspect
import string
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import bko_mining

PACKAGE = Path(bko_mining.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CATALOGUES = sorted((PACKAGE / "locale" / "pt_BR").glob("*.po"))
GROUND = {"errors", "arguments", "words", "calendars", "results", "progress"}
MAY_IMPORT: dict[str, set[str]] = {
    "_version": set(),
    "errors": set(),
    "arguments": {"errors"},
    "words": {"errors"},
    "progress": set(),
    "public_holidays": {"errors"},
    "shifts": {"errors"},
    "calendars": {"errors", "words", "public_holidays", "shifts"},
    "results": {"errors", "words"},
    "diagrams": {"errors", "arguments", "words"},
    "log": GROUND,
    "discover": GROUND | {"log", "diagrams"},
    "analyse": GROUND | {"log", "discover"},
    "validate": GROUND | {"log", "discover"},
    "twin": {"errors", "arguments", "words", "calendars", "diagrams"},
    "simulate": GROUND | {"log", "twin"},
    "fit": GROUND | {"public_holidays", "log", "twin", "discover", "analyse", "validate", "simulate"},
    "whatif": GROUND | {"_version", "log", "twin", "discover", "analyse", "validate", "simulate", "fit"},
}
MAY_IMPORT["present"] = set(MAY_IMPORT)
MAY_IMPORT["cli"] = set(MAY_IMPORT)
ONLY_IN = {
    "matplotlib": {"present"},
    "ipywidgets": {"present"},
    "anywidget": {"present"},
    "jinja2": {"present"},
    "xlsxwriter": {"present", "log"},
    "simpy": {"simulate"},
}


def _room(module: str) -> str:
    return module.split(".")[1]


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Names imported by a module outside TYPE_CHECKING, and whether inside a function."""
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                found.extend((alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: write imports in full"
                found.extend((f"{child.module}.{alias.name}", inside) for alias in child.names)
            visit(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


@pytest.mark.parametrize("path", [p for p in MODULES if _name(p) != "bko_mining"], ids=_name)
def test_imports_point_downward(path: Path) -> None:
    room = _room(_name(path))
    for target, inside in _imports(path):
        if target.startswith("bko_mining.") and _room(target) != room:
            assert _room(target) in MAY_IMPORT[room], f"{_name(path)} imports {target}"
        hidden = inside and target.startswith("bko_mining") and room != "cli"
        assert not hidden, f"{_name(path)} hides the import of {target}"
        package = target.split(".")[0]
        if package in ONLY_IN:
            assert room in ONLY_IN[package], f"{_name(path)} imports {package}"


def test_no_import_cycles() -> None:
    known = {_name(path) for path in MODULES}
    graph = {}
    for path in MODULES:
        targets = {target for target, _ in _imports(path) if target.startswith("bko_mining")}
        graph[_name(path)] = {t if t in known else t.rpartition(".")[0] for t in targets} - {_name(path)}
    done: set[str] = set()
    while len(done) < len(graph):
        free = {m for m, targets in graph.items() if m not in done and targets & set(graph) <= done}
        assert free, f"import cycle among {sorted(set(graph) - done)}"
        done |= free


def test_modules_stay_small() -> None:
    long = {_name(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long, f"modules above 400 lines: {long}"


def test_import_loads_nothing_heavy() -> None:
    heavy = ("pm4py", "matplotlib", "simpy", "scipy", "sklearn", "duckdb")
    code = f"import sys, bko_mining; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(bko_mining.__all__))
def test_public_names_exist_and_are_documented(name: str) -> None:
    value = getattr(bko_mining, name)
    if name != "__version__":
        assert inspect.getdoc(value), f"{name} has no docstring"


def test_the_stub_and_all_name_what_the_package_offers() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    named = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert named == set(bko_mining.__all__) == {"__version__", *bko_mining._MODULE_OF}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_import_and_say_what_they_are(path: Path) -> None:
    assert inspect.getdoc(import_module(_name(path)))


def _catalogue() -> dict[str, str]:
    entries: dict[str, str] = {}
    for file in CATALOGUES:
        with file.open("rb") as stream:
            entries |= {str(m.id): str(m.string) for m in read_po(stream) if m.id}
    return entries


def _texts(node: ast.AST, constants: dict[str, ast.expr]) -> list[str]:
    """The strings an expression can be, as far as it is written down: a literal, or a constant of the module."""
    if isinstance(node, ast.Name | ast.Subscript):
        name = getattr(node, "id", "") or getattr(getattr(node, "value", None), "id", "")
        return _texts(constants[name], {}) if name in constants else []
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    if isinstance(node, ast.Dict):
        return [text for value in node.values for text in _texts(value, constants)]
    return [str(node.value)] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _spoken(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {getattr(node.targets[0], "id", ""): node.value for node in tree.body if isinstance(node, ast.Assign)}
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    first = [call.args[0] for call in calls if getattr(call.func, "id", "") == "say" and call.args]
    return [text for argument in first for text in _texts(argument, constants)]


def test_every_sentence_has_its_portuguese() -> None:
    known = _catalogue()
    missing = [f"{_name(path)}: {text}" for path in MODULES for text in _spoken(path) if not known.get(text)]
    assert not missing, "no Portuguese for:\n" + "\n".join(missing)


def test_translations_keep_their_placeholders() -> None:
    for message, translation in _catalogue().items():
        assert _fields(message) == _fields(translation), message


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
