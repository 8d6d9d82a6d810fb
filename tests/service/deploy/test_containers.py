"""Do the files for containers name what exists, pin what they take, and open nothing but the proxy?"""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from credence.service.cli import commands as every_command
from credence.service.settings import PREFIX, SECRETS, Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "service" / "deploy"
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")
VARIABLES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {SECRETS}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, lines joined and comments left out."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[]]
    for instruction in instructions():
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPLICAS = ("api-1", "api-2")
OURS = ("init", "migrate", *REPLICAS)


# --- Dockerfile ---


def test_both_stages_stand_on_one_pinned_image() -> None:
    before, *made = stages()
    assert len(made) == 2
    (argument,) = [rest for word, rest in before if word == "ARG"]
    assert PINNED.fullmatch(argument.removeprefix("PYTHON="))
    assert [stage[0][1] for stage in made] == ["${PYTHON} AS build", "${PYTHON}"]


def test_every_file_that_is_copied_is_there_and_in_the_context() -> None:
    allowed = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    copied: set[str] = set()
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from=build"):
            *sources, _ = shlex.split(rest)
            copied.update(sources)
    assert copied == allowed
    assert "service/deploy" in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines(), "secrets lie there"
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/service/deploy/secrets/", "/service/deploy/credence.env"} <= set(ignored)
    assert all((ROOT / source).exists() for source in copied)


def test_what_runs_has_no_root_no_pip_and_nothing_of_the_source() -> None:
    last = stages()[-1]
    words = [word for word, _ in last]
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /usr/lib/credence /usr/lib/credence"]
    assert "pip uninstall" in dict(last)["RUN"]
    assert not re.search(r"apt|apk|curl|wget|gcc", dict(last)["RUN"])
    (user,) = [rest for word, rest in last if word == "USER"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that it can be seen not to be root"
    assert words.index("RUN") < words.index("USER") < words.index("ENTRYPOINT")
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL"} <= set(words)
    assert "ADD" not in words


def test_packages_are_wheels_whose_hashes_are_checked() -> None:
    commands = " && ".join(rest for word, rest in stages()[1] if word == "RUN").split(" && ")
    installs = [command for command in commands if " install " in command]
    assert len(installs) == 4
    for command in installs:
        checked = "--only-binary=:all: --require-hashes -r " in command
        assert checked or command.endswith("--no-deps dist/*.whl"), command


# --- compose ---


def test_only_the_proxy_has_a_port() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {"nginx": ["443:8443"]}
    assert not [name for name, service in SERVICES.items() if service.get("network_mode") or service.get("privileged")]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", ())) <= (
        {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name == "db" else set()
    )
    image = service["image"]
    assert PINNED.fullmatch(image) or (name in OURS and image == "credence:${CREDENCE_VERSION:-local}")


def test_who_waits_for_whom() -> None:
    waits = {
        name: {other: on["condition"] for other, on in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    database = {"db": "service_healthy"}
    api = {**database, "migrate": "service_completed_successfully"}
    healthy = dict.fromkeys(REPLICAS, "service_healthy")
    assert waits == {"db": {}, "init": database, "migrate": database, **dict.fromkeys(REPLICAS, api), "nginx": healthy}
    awaited = {
        other for conditions in waits.values() for other, condition in conditions.items() if condition == "service_healthy"
    }
    assert all("healthcheck" in SERVICES[other] for other in awaited)


def test_the_database_is_reached_by_the_service_alone() -> None:
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert {name for name, found in networks.items() if "data" in found} == {"db", *OURS}
    assert networks["nginx"] == {"front"}
    assert networks["db"] == {"data"}


def test_secrets_are_files_that_the_settings_know() -> None:
    files = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    assert files == {name: f"secrets/{name}" for name in files}
    for name in OURS:
        service = SERVICES[name]
        assert service["environment"][SECRETS] == "/run/secrets"
        assert {secret.upper() for secret in service["secrets"]} <= VARIABLES
        assert set(service["environment"]) <= VARIABLES
        assert not [value for value in service["environment"].values() if "password" in value.lower()]
    assert SERVICES["db"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert "POSTGRES_PASSWORD" not in SERVICES["db"]["environment"]
    assert {secret for service in SERVICES.values() for secret in service["secrets"]} == set(files)


def test_the_proxy_that_is_believed_is_the_proxy() -> None:
    address = SERVICES["nginx"]["networks"]["front"]["ipv4_address"]
    for name in REPLICAS:
        environment = SERVICES[name]["environment"]
        assert environment["CREDENCE_TRUSTED_PROXIES"] == address
        assert environment["CREDENCE_PROCESSES"] == str(len(REPLICAS))
    upstreams = re.findall(r"^\s+server (\S+) max_fails", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"), re.M)
    assert upstreams == [f"{name}:8440" for name in REPLICAS]


def test_commands_are_ones_that_there_are() -> None:
    group: Any = every_command()
    for name in OURS:
        words = SERVICES[name].get("command", ["serve"])
        found = group
        for word in words:
            found = found.commands[word]
    assert COMPOSE["services"]["migrate"]["restart"] == "no"


def test_mounted_files_are_there() -> None:
    mounts = [volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", ())]
    for source, *_ in mounts:
        if source.startswith("."):
            assert (DEPLOY / source).is_file()
        else:
            assert source in COMPOSE["volumes"]
    assert all(mode == ["ro"] for source, _, *mode in mounts if source.startswith("."))
