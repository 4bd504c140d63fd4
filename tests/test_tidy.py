"""The house conventions that ruff, mypy and import-linter cannot check (docs/conventions.md), as a test over the whole tree.

A rule is a function from a source file to the lines that break it, with a sentence that says what to do instead. Each
rule carries samples: every bad one must be found and every good one pass, so that no rule can fall asleep unnoticed.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES_MAX = 600
WIRE_FOLDERS = ("src/voltway/wire/", "src/voltway/modules/gateway/dialects/", "src/voltway/station/")
GENERATED = (
    r"src/voltway/wire/ocpp/v\d+\.py|openapi\.json|docs/ocpp-coverage\.md|.*\.lock|web/package-lock\.json"
    r"|web/packages/api/src/schema\.d\.ts"
)
VAGUE_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "data", "info"}
MONEY_WORDS = {"amount", "price", "cost", "fee", "vat", "minor", "money", "total_amount"}


@dataclass(frozen=True)
class Source:
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def module(self) -> str | None:
        """The name of the module under modules/ that the file belongs to."""
        match = re.match(r"src/voltway/modules/(\w+)/", self.path)
        return match[1] if match else None


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name as written: `log.info`, `float`, `self.tx.commit`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def words(name: str) -> set[str]:
    """`SessionManager`, `session_manager` -> {"session", "manager"}"""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def mentions_money(expression: ast.AST) -> bool:
    return any(words(name) & MONEY_WORDS for name in identifiers(expression))


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name


def docstrings(tree: ast.AST) -> set[ast.AST]:
    return {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }


# --- The rules: each yields the numbers of the lines that break it.


def wire_words(source: Source) -> Iterator[int]:
    wire_word = re.compile(r"\b(idTag|id_tag|idTagInfo|connectorId|connector_id|chargePoint\w*|charge_point\w*)\b")
    explanations = docstrings(source.tree)
    for node in ast.walk(source.tree):
        match node:
            case ast.Constant(value=str(text)) if node not in explanations:
                found = wire_word.search(text)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                found = wire_word.search(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found = wire_word.search(name)
            case _:
                continue
        if found:
            yield node.lineno


def vague_file_names(source: Source) -> Iterator[int]:
    parts = PurePosixPath(source.path.removeprefix("src/")).with_suffix("").parts
    if any(part.lower() in VAGUE_WORDS for part in parts):
        yield 1


def vague_class_names(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and re.search(r"(Util|Helper|Manager)s?$|(Common|Data|Info)$", node.name):
            yield node.lineno


def log_events(source: Source) -> Iterator[int]:
    for name, call in calls(source.tree):
        if not re.fullmatch(r"(.*\.)?_?log(ger)?(\.bind\(.*\))?\.(debug|info|warning|error|exception|critical)", name):
            continue
        match call.args[:1]:
            case [ast.Constant(value=str(event))] if re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", event):
                continue
        yield call.lineno


def float_money(source: Source) -> Iterator[int]:
    for name, call in calls(source.tree):
        if name in {"float", "round"} and any(mentions_money(argument) for argument in call.args):
            yield call.lineno
    for node in ast.walk(source.tree):
        match node:
            case (
                ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="float"))
                | ast.arg(arg=name, annotation=ast.Name(id="float"))
            ) if words(name) & MONEY_WORDS:
                yield node.lineno


def commits(source: Source) -> Iterator[int]:
    for name, call in calls(source.tree):
        if name.endswith((".commit", ".rollback")):
            yield call.lineno


def inner_transactions(source: Source) -> Iterator[int]:
    for name, call in calls(source.tree):
        if name.endswith((".begin", ".begin_nested")):
            yield call.lineno


def early_answers(source: Source) -> Iterator[int]:
    for name, call in calls(source.tree):
        gives_tx = name.endswith("Depends") and call.args and ast.unparse(call.args[0]).endswith("open_tx")
        if gives_tx and "scope='function'" not in map(ast.unparse, call.keywords):
            yield call.lineno


def impure_rules(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        match node:
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno
            case ast.ImportFrom(module="voltway.kernel.clock" | "random" | "secrets" | "os"):
                yield node.lineno
            case ast.ImportFrom(module="voltway.kernel", names=names) if any(name.name == "clock" for name in names):
                yield node.lineno
            case ast.Import(names=names) if {name.name for name in names} & {"random", "secrets", "os", "time"}:
                yield node.lineno


def foreign_tables(source: Source) -> Iterator[int]:
    own = f"{source.module}_"
    for name, call in calls(source.tree):
        kind = name.rpartition(".")[2]
        texts = [
            node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if kind == "Table" and texts and not f"{texts[0]}_".startswith(own):
            yield call.lineno
        if kind == "ForeignKey" and texts and not texts[0].startswith(own):
            yield call.lineno


def missing_manual(source: Source) -> Iterator[int]:
    if not ast.get_docstring(source.tree):
        yield 1


def long_files(source: Source) -> Iterator[int]:
    if source.text.count("\n") > LINES_MAX:
        yield LINES_MAX


def machine_paths(source: Source) -> Iterator[int]:
    hosts = r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|npmjs\.com|deb\.debian\.org|registry\.yarnpkg\.com"
    machine = re.compile(rf"(?<![\w.])/(work|root|home|Users)/|\.\./shared/\w+\.md|{hosts}")
    yield from (number for number, line in source.lines if machine.search(line))


def unfinished_work(source: Source) -> Iterator[int]:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")
    yield from (number for number, line in source.lines if unfinished.search(line))


def swallowed_errors(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        match node:
            case ast.ExceptHandler(
                type=None | ast.Name(id="Exception" | "BaseException"), body=[ast.Pass() | ast.Continue()]
            ):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="suppress") | ast.Name(id="suppress"), args=arguments) if any(
                ast.unparse(argument) in {"Exception", "BaseException"} for argument in arguments
            ):
                yield node.lineno


def dead_links(source: Source) -> Iterator[int]:
    in_code = False
    for number, line in source.lines:
        if line.lstrip().startswith("```"):
            in_code = not in_code
        targets = [] if in_code else re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"`[^`]*`", "", line))
        for target in targets:
            if not re.match(r"[a-z]+:", target) and not (ROOT / source.path).parent.joinpath(target).exists():
                yield number


# --- What they look at, what to do instead, and the samples that keep them awake.


class Sample(NamedTuple):
    path: str
    text: str


@dataclass(frozen=True)
class Rule:
    find: Callable[[Source], Iterator[int]]
    files: str
    """A regular expression that the whole path matches."""
    instead: str
    bad: list[Sample]
    good: list[Sample]
    exempt: str = "(?!)"

    def applies_to(self, path: str) -> bool:
        return bool(re.fullmatch(self.files, path)) and not re.fullmatch(f"{self.exempt}|{GENERATED}", path)

    def findings(self, source: Source) -> list[str]:
        return [f"{source.path}:{line}: {self.instead}" for line in self.find(source)]


SRC = r"src/voltway/.*\.py"
PYTHON = r"(src|tests|tools|bench|migrations)/.*\.py"
CODE = rf"{PYTHON}|web/.*\.tsx?|.*\.sh|\.ci/run|Makefile"
# This file names what it forbids.
SELF = r"tests/test_tidy\.py"

SERVICE = "src/voltway/modules/sessions/service.py"
RULES_FILE = "src/voltway/modules/sessions/rules.py"
TABLES = "src/voltway/modules/sessions/tables.py"

RULES = [
    Rule(
        wire_words,
        files=SRC,
        exempt="|".join(re.escape(folder) + ".*" for folder in WIRE_FOLDERS),
        instead="a wire word: translate it in the dialect (IdToken, evse_number, connector_number, ChargingStation)",
        bad=[
            Sample(SERVICE, "def start(id_tag): ..."),
            Sample(SERVICE, "row['connectorId']"),
            Sample(SERVICE, "call.chargePointModel"),
            Sample(SERVICE, "start(connector_id=1)"),
        ],
        good=[
            Sample(SERVICE, '"""1.6 calls it idTag."""\nid_token = 1'),
            Sample("src/voltway/modules/gateway/dialects/ocpp16.py", "call.id_tag"),
        ],
    ),
    Rule(
        vague_file_names,
        files=CODE,
        instead="a name that says nothing: name the file after the one thing it holds",
        bad=[
            Sample("src/voltway/kernel/utils.py", ""),
            Sample("web/packages/ui/src/helpers.ts", ""),
            Sample("tests/common/test_a.py", ""),
        ],
        good=[Sample("src/voltway/kernel/database.py", "")],
    ),
    Rule(
        vague_class_names,
        files=SRC,
        exempt="|".join(re.escape(folder) + ".*" for folder in WIRE_FOLDERS),
        instead="a name that says nothing: name the class after what it is or keeps (Registry, Ledger, Draft)",
        bad=[Sample(SERVICE, "class SessionManager: ..."), Sample(SERVICE, "class StationInfo: ...")],
        good=[Sample(SERVICE, "class InformationRequest: ...")],
    ),
    Rule(
        log_events,
        files=SRC,
        instead='log a fixed `noun.past_verb` and fields: log.info("session.started", session_id=session.id)',
        bad=[
            Sample(SERVICE, 'log.info(f"session {session.id} started")'),
            Sample(SERVICE, 'self.log.warning("Session started")'),
            Sample(SERVICE, "log.bind(a=1).error(text)"),
        ],
        good=[Sample(SERVICE, 'log.info("session.started", energy_wh=0)'), Sample(SERVICE, "catalog.info(1)")],
    ),
    Rule(
        float_money,
        files=SRC,
        exempt=r"src/voltway/kernel/money\.py",
        instead="float and money never meet: keep Decimal exact, round once with Money.round_from",
        bad=[
            Sample(SERVICE, "float(price_per_kwh)"),
            Sample(SERVICE, "round(energy_kwh * tariff.price, 2)"),
            Sample(SERVICE, "def add(start_fee: float): ..."),
            Sample(SERVICE, "vat: float = 0.2"),
        ],
        good=[Sample(SERVICE, "float(power_w)"), Sample(SERVICE, "def add(start_fee: Decimal): ...")],
    ),
    Rule(
        commits,
        files=SRC,
        exempt=r"src/voltway/kernel/.*",
        instead="only the kernel commits: take `tx` as an argument, and let the edge open it",
        bad=[Sample(SERVICE, "await tx.connection.commit()"), Sample(SERVICE, "session.rollback()")],
        good=[Sample(SERVICE, "await tx.execute(statement)"), Sample("src/voltway/kernel/database.py", "c.commit()")],
    ),
    Rule(
        inner_transactions,
        files=r"src/voltway/modules/.*/(service|store|rules|tables)\.py",
        instead="the edge (api.py, handlers.py) opens the transaction: take `tx` as an argument",
        bad=[Sample(SERVICE, "async def f():\n    async with database.begin() as tx: ...")],
        good=[Sample("src/voltway/modules/sessions/handlers.py", "database.begin()")],
    ),
    Rule(
        early_answers,
        files=SRC,
        instead='Depends(open_tx, scope="function"): with the default scope the answer leaves before the commit',
        bad=[Sample(SERVICE, "tx = Depends(open_tx)"), Sample(SERVICE, "tx = Depends(http.open_tx, scope='request')")],
        good=[Sample(SERVICE, "tx = Depends(open_tx, scope='function')")],
    ),
    Rule(
        impure_rules,
        files=r"src/voltway/(modules/.*/rules|charging/.*)\.py",
        instead="rules are pure: let the caller await, ask the clock or draw the number, and pass the result in",
        bad=[
            Sample(RULES_FILE, "async def apply(): ..."),
            Sample(RULES_FILE, "from voltway.kernel import clock"),
            Sample(RULES_FILE, "import random"),
        ],
        good=[Sample(RULES_FILE, "from datetime import datetime\ndef apply(now: datetime): ...")],
    ),
    Rule(
        foreign_tables,
        files=r"src/voltway/modules/.*/tables\.py",
        instead="a table is named after its module and points at no other module's table: keep the id without a foreign key",
        bad=[
            Sample(TABLES, 'sa.Table("users_tokens", metadata)'),
            Sample(TABLES, 'sa.Column("token_id", sa.ForeignKey("users_tokens.id"))'),
        ],
        good=[
            Sample(TABLES, 'sa.Table("sessions", metadata)'),
            Sample(
                TABLES, 'sa.Table("sessions_samples", metadata, sa.Column("a", sa.ForeignKey("sessions_sessions.id")))'
            ),
        ],
    ),
    Rule(
        missing_manual,
        files=r"src/voltway/modules/\w+/module\.py",
        instead="write the module's manual as its docstring: what it owns, what it answers, what it listens to",
        bad=[Sample("src/voltway/modules/sessions/module.py", "manifest = 1")],
        good=[Sample("src/voltway/modules/sessions/module.py", '"""Owns sessions."""')],
    ),
    Rule(
        long_files,
        files=CODE,
        instead=f"more than {LINES_MAX} lines: split the file by meaning",
        bad=[Sample(SERVICE, "\n" * (LINES_MAX + 1))],
        good=[Sample(SERVICE, "\n" * LINES_MAX)],
    ),
    Rule(
        machine_paths,
        files=r".*\.(py|tsx?|js|json|css|html|sh|md|toml|lock|yaml|yml|cfg|ini)|\.ci/run|Makefile|web/package-lock\.json",
        exempt=SELF,
        instead="a path or host of one machine: say it relative to the repository, or let a setting name it",
        bad=[
            Sample("docs/a.md", "see /root/x"),
            Sample("docs/a.md", "cd /" + "work/main"),
            Sample("docs/a.md", "as ../shared/x.md says"),
            Sample("web/.npmrc.json", "https://registry." + "npmjs.org/react"),
        ],
        good=[Sample("docs/a.md", "the API is under /api/v1/work/ and PyPI has the package")],
    ),
    Rule(
        unfinished_work,
        files=CODE,
        exempt=SELF,
        instead="unfinished: finish it, or leave it out and file an issue",
        bad=[Sample(SERVICE, "# TODO later"), Sample(SERVICE, "raise NotImplementedError")],
        good=[Sample(SERVICE, "# To do this we must ask first.")],
    ),
    Rule(
        swallowed_errors,
        files=PYTHON,
        instead="a bug would vanish here: name the errors that are expected, let the rest fly",
        bad=[
            Sample(SERVICE, "try: f()\nexcept Exception: pass"),
            Sample(SERVICE, "try: f()\nexcept: pass"),
            Sample(SERVICE, "with contextlib.suppress(Exception): f()"),
        ],
        good=[Sample(SERVICE, "try: f()\nexcept KeyError: pass"), Sample(SERVICE, "with suppress(OSError): f()")],
    ),
    Rule(
        dead_links,
        files=r".*\.md",
        instead="the link leads nowhere",
        bad=[Sample("docs/a.md", "see [this](nowhere.md)")],
        good=[Sample("docs/a.md", "see [that](https://example.org), `[x](y)` and [setup](../pyproject.toml)")],
    ),
]


def tree() -> list[str]:
    """Every file that is, or may be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted({path for path in listed.split("\0") if path and (ROOT / path).is_file()})


PATHS = tree()
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.find.__name__)


@each_rule
def test_tree_keeps_the_rule(rule: Rule) -> None:
    findings = [
        finding
        for path in PATHS
        if rule.applies_to(path)
        for finding in rule.findings(Source(path, (ROOT / path).read_text(encoding="utf-8")))
    ]
    assert not findings, "\n" + "\n".join(findings)


@each_rule
def test_rule_finds_every_bad_sample_and_no_good_one(rule: Rule) -> None:
    assert rule.bad
    assert rule.good
    for sample in rule.bad:
        assert rule.applies_to(sample.path), sample
        assert rule.findings(Source(*sample)), sample
    for sample in rule.good:
        assert not rule.applies_to(sample.path) or not rule.findings(Source(*sample)), sample


def test_every_module_has_a_manifest() -> None:
    folders = {path.rsplit("/", 1)[0] for path in PATHS if re.fullmatch(r"src/voltway/modules/\w+/__init__\.py", path)}
    missing = [f"{folder}/module.py" for folder in sorted(folders) if f"{folder}/module.py" not in PATHS]
    assert not missing, f"a module is a manifest; write {missing}"
