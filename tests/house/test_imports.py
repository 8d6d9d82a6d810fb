"""Is each portion as thin as it promises, when the interpreter itself is asked?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.house.tree import code_files, imports, module_name, relative

# Runs first in a new interpreter: the named packages are not there.
BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} is blocked here", name=name)
BLOCKED = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Absent())
import importlib
for name in sys.argv[2].split(","):
    importlib.import_module(name)
assert not BLOCKED & {name.split(".")[0] for name in sys.modules}
"""

SERVICE_ONLY = (
    "fastapi,starlette,sqlmodel,sqlalchemy,alembic,psycopg,typer,rich,uvicorn,pydantic,pydantic_settings,structlog"
)
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter"}
SQL = {"sqlmodel", "sqlalchemy"}
HTTP = {"fastapi", "starlette"}
SPEAK_HTTP = {"routes", "parameters"}
PARTIES = {"issuer", "verifier", "reputation", "auditor"}

CIRCUITS_MAY_IMPORT = {"credence", "cryptography", "rfc8785"} | set(sys.stdlib_module_names)
CURVE_MAY_IMPORT = {"py_ecc", "py_arkworks_bls12381", "pyblst"}
SDK_MAY_IMPORT = {"credence", "cryptography", "httpcore2", "httpx2", "mnemonic", "rfc8785"} | set(sys.stdlib_module_names)


# An engine brings what its library brings (py-ecc brings pydantic), which is why engines are loaded when asked for.
NATIVE, REFERENCE = "credence.circuits.curve.native", "credence.circuits.curve.reference"


def modules(portion: str, *, without: str = "") -> list[str]:
    """Every module of a portion, by its import name."""
    names = (module_name(path) for path in code_files() if relative(path).startswith(f"{portion}/"))
    return [name for name in names if name != without]


def run(blocked: str, names: list[str], code: str = "") -> None:
    """Import ``names``, then run ``code``, in a new interpreter that has none of the ``blocked`` packages."""
    command = [sys.executable, "-W", "error", "-c", BLOCKED + code, blocked, ",".join(names)]
    environment = {name: value for name, value in os.environ.items() if name != "CREDENCE_CURVE"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


def test_sdk_imports_without_the_service_frameworks() -> None:
    run(SERVICE_ONLY, modules("sdk"))


def test_circuits_import_without_any_framework() -> None:
    run(f"{SERVICE_ONLY},httpx2,joserfc,rapidfuzz,anyascii,pycountry", modules("circuits", without=REFERENCE))


def test_circuits_and_sdk_import_without_the_native_engines() -> None:
    run("py_arkworks_bls12381,pyblst", modules("circuits", without=NATIVE) + modules("sdk"))


def test_the_reference_engine_takes_over_without_the_native_ones() -> None:
    code = "from credence.circuits import curve; assert curve.load().name == 'reference'"
    run("py_arkworks_bls12381,pyblst", ["credence.circuits.curve"], code)


def _within(*portions: str) -> list[Path]:
    found = [path for path in code_files() if relative(path).split("/")[0] in portions]
    assert len(found) > 50
    return found


def test_thin_portions_name_only_what_they_may() -> None:
    found = []
    for path in _within("circuits", "sdk"):
        allowed = SDK_MAY_IMPORT if relative(path).startswith("sdk/") else CIRCUITS_MAY_IMPORT
        if module_name(path).startswith("credence.circuits.curve"):
            allowed = allowed | CURVE_MAY_IMPORT
        strangers = {module.split(".")[0] for module, _ in imports(path)} - allowed
        found += [f"{relative(path)} imports {stranger}" for stranger in sorted(strangers)]
    assert not found


def test_circuits_are_told_the_time() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in _within("circuits")}
    found = [f"{relative(path)} asks {name}" for path, text in texts.items() for name in CLOCKS if f".{name}(" in text]
    assert not found


def test_http_stays_in_routes_and_sql_in_records() -> None:
    found = []
    for path in _within("service"):
        room = module_name(path).split(".")[2:]
        if not room or room[0] not in PARTIES:
            continue
        named = list(imports(path))
        if room[-1] not in SPEAK_HTTP:
            web = {module for module, _ in named if module.split(".")[0] in HTTP}
            found += [f"{relative(path)} speaks HTTP: {module}" for module in sorted(web)]
        if room[-1] != "records":
            sql = {f"{module}.{name}" for module, name in named if module.split(".")[0] in SQL and name != "Session"}
            found += [f"{relative(path)} speaks SQL: {name}" for name in sorted(sql)]
    assert not found
