"""What `deploy/` names is there: commands with their options, settings, ports, paths, files. So it cannot rot unseen."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import MakeRuntime, app_of
from voltway.app.cli.commands import COMMANDS, app
from voltway.app.settings import Configuration, Flags, read
from voltway.kernel import housekeeping
from voltway.modules.gateway.settings import GatewaySettings

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text())
OBJECTS: list[dict[str, Any]] = [
    each for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for each in yaml.safe_load_all(file.read_text())
]
CALLED = re.compile(r"(?:^|[\s\"'=;/`])voltway ((?:run|[a-z]+(?:-[a-z]+)*)(?: [^\n\"'`;#|>&)]*)?)")


def kind(name: str) -> Iterator[dict[str, Any]]:
    return (each for each in OBJECTS if each["kind"] == name)


def pods() -> dict[str, dict[str, Any]]:
    """Every pod's description, by the name of what makes it."""
    found = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in kind("StatefulSet")}
    for each in kind("CronJob"):
        found[each["metadata"]["name"]] = each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def containers() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for pod in pods().values():
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield pod, container


# ---- commands


def commands_named() -> list[list[str]]:
    """Every call of our command line in `deploy/`, as words behind `voltway`."""
    lines = [DOCKERFILE.replace('", "', " ")]
    for file in (*DEPLOY.rglob("*.service"), *DEPLOY.rglob("*.yml"), *DEPLOY.rglob("*.yaml")):
        lines += (
            file.read_text()
            .replace("exec voltway voltway", "voltway")
            .replace('", "', " ")
            .replace("/bin/voltway", "/voltway")
            .splitlines()
        )
    found = [shlex.split(match.strip(" \\")) for line in lines for match in CALLED.findall(line)]
    return [words for words in found if words and words[0] in COMMANDS]


def help_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    app([*words, "--help"], prog_name="voltway", standalone_mode=False)
    return capsys.readouterr().out


def test_every_command_and_option_that_is_named_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = commands_named()
    assert {words[0] for words in found} >= {"run", "migrate", "backup", "doctor", "admin", "api-key"}
    for words in found:
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        group = words[:2] if words[0] in ("admin", "api-key") else words[:1]
        told = help_of(group, capsys)
        assert [option for option in options if option not in told] == [], words


# ---- settings and ports


def environments() -> dict[str, Mapping[str, str]]:
    """Every set of our settings, by where it stands."""
    found: dict[str, Mapping[str, str]] = {"Dockerfile": dict(re.findall(r"(VOLTWAY_\w+)=(\S+)", DOCKERFILE))}
    for name, service in COMPOSE["services"].items():
        found[f"compose {name}"] = service.get("environment", {})
    for each in kind("ConfigMap"):
        found[f"kubernetes {each['metadata']['name']}"] = each["data"]
    for unit in UNITS:
        found[unit.name] = dict(re.findall(r"^Environment=(VOLTWAY_\w+)=(\S+)$", unit.read_text(), re.MULTILINE))
    return {where: ours for where, values in found.items() if (ours := _ours(values))}


def _ours(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name.startswith("VOLTWAY_") and name != "VOLTWAY_DOMAIN"}


def configured(environment: Mapping[str, str], folder: Path) -> Configuration:
    """The configuration, with the files of secrets where the test has them."""
    (folder / "value").write_text("postgresql://voltway:hidden@database/voltway\n")
    values = {
        name: str(folder / "value") if name.endswith("URL_FILE") else re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        for name, value in environment.items()
    }
    return read(Flags(), environment=values)


def test_every_setting_that_is_named_is_there_and_its_value_is_taken(tmp_path: Path) -> None:
    found = environments()
    assert len(found) >= 5
    for where, environment in found.items():
        configuration = configured(environment, tmp_path)
        if any(name.endswith("URL_FILE") for name in environment):
            assert configuration.database_url.startswith("postgresql://"), where


def test_ports_are_those_that_the_image_listens_on(tmp_path: Path) -> None:
    configuration = configured(environments()["Dockerfile"], tmp_path)
    ports = {configuration.http.port, configuration.section(GatewaySettings).port}
    assert ports == {
        int(port) for port in re.findall(r"\d+", re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0])
    }
    for line in re.findall(r"reverse_proxy voltway:(\d+)", (DEPLOY / "docker" / "Caddyfile").read_text()):
        assert int(line) in ports
    (service,) = kind("Service")
    named = {port["name"]: port["containerPort"] for _, each in containers() for port in each.get("ports", ())}
    assert set(named.values()) == ports
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(named)
    (scrape,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert scrape["static_configs"][0]["targets"] == [f"voltway:{configuration.http.port}"]


async def test_probes_ask_for_pages_that_there_are(make_runtime: MakeRuntime) -> None:
    import httpx

    asked = {
        probe["httpGet"]["path"]
        for _, container in containers()
        for name, probe in container.items()
        if name.endswith("Probe")
    } | set(re.findall(r"127\.0\.0\.1:\d+(/\w+)", DOCKERFILE))
    assert asked == {"/healthz", "/readyz"}
    runtime = await make_runtime(housekeeping.MANIFEST)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(runtime)), base_url="http://localhost") as client:
        for path in asked:
            assert (await client.get(path)).status_code == 200, path


# ---- Docker


def test_image_is_made_from_files_that_there_are_by_a_python_that_is_new_enough() -> None:
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = line.split()
        kept = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
        for source in sources:
            assert (TOP / source).exists(), source
            assert f"!{source}" in kept, source
    needed = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["requires-python"]
    versions = {tuple(map(int, found)) for found in re.findall(r"^FROM python:(\d+)\.(\d+)", DOCKERFILE, re.MULTILINE)}
    assert len(versions) == 1  # the environment is made in one stage and used in another
    assert min(versions) >= tuple(int(part) for part in needed.removeprefix(">=").split("."))
    assert "USER voltway" in DOCKERFILE


def test_compose_names_only_what_it_has() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"]), name
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"]), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / "docker" / source).exists(), volume
    proxy = services["proxy"]["networks"]["inside"]["ipv4_address"]
    assert proxy in services["voltway"]["environment"]["VOLTWAY_HTTP__TRUSTED_PROXIES"]
    assert services["migrate"]["build"]["dockerfile"] == "deploy/docker/Dockerfile"
    assert "ports" not in services["database"]
    assert "ports" not in services["voltway"]


# ---- Kubernetes


def test_kubernetes_objects_fit_each_other() -> None:
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert {*listed, "kustomization.yaml"} == {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")}
    (claims, service, ingress) = (list(kind(name)) for name in ("PersistentVolumeClaim", "Service", "Ingress"))
    (server,) = kind("StatefulSet")
    labels = server["spec"]["template"]["metadata"]["labels"]
    assert server["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service[0]["spec"]["selector"].items() <= labels.items()
    made = {
        f"{each['metadata']['name']}-{server['metadata']['name']}-0" for each in server["spec"]["volumeClaimTemplates"]
    }
    made |= {each["metadata"]["name"] for each in claims}
    templates = {each["metadata"]["name"] for each in server["spec"]["volumeClaimTemplates"]}
    maps = {each["metadata"]["name"] for each in kind("ConfigMap")}
    for pod, container in containers():
        volumes = {each["name"]: each for each in pod["volumes"]}
        assert {each["name"] for each in container["volumeMounts"]} <= volumes.keys() | templates
        assert {
            each["persistentVolumeClaim"]["claimName"] for each in volumes.values() if "persistentVolumeClaim" in each
        } <= made
        assert {each["configMapRef"]["name"] for each in container["envFrom"]} <= maps
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    ports = {port["name"] for port in service[0]["spec"]["ports"]}
    for path in ingress[0]["spec"]["rules"][0]["http"]["paths"]:
        assert path["backend"]["service"]["name"] == service[0]["metadata"]["name"]
        assert path["backend"]["service"]["port"]["name"] in ports


def test_kubernetes_secrets_are_mounted_where_the_settings_look() -> None:
    (settings,) = (each["data"] for each in kind("ConfigMap"))
    wanted = {settings["VOLTWAY_DATABASE__URL_FILE"], settings["VOLTWAY_SECRET_FILE"]}
    for _, container in containers():
        mounted = [mount["mountPath"] for mount in container["volumeMounts"] if mount.get("readOnly")]
        assert {str(Path(file).parent) for file in wanted} == set(mounted), container["name"]


def test_kustomize_renders_them() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed; the other tests read the same files")
    done = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    kinds = [each["kind"] for each in yaml.safe_load_all(done.stdout)]
    assert sorted(kinds) == sorted(each["kind"] for each in OBJECTS if each["kind"] != "Kustomization")


# ---- systemd


def test_units_are_sound(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    program = Path(sys.executable).with_name("voltway")
    for file in (DEPLOY / "systemd").iterdir():
        text = file.read_text().replace("/opt/voltway/bin/voltway", str(program))
        text = re.sub(r"^(User|Group)=voltway$", r"\1=root", text, flags=re.MULTILINE)  # one that is here
        (tmp_path / file.name).write_text(text)
    for file in sorted(tmp_path.iterdir()):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(file)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), file.name


def test_units_keep_the_data_where_they_say_and_the_timer_has_its_service() -> None:
    for unit in UNITS:
        text = unit.read_text()
        state = re.findall(r"^StateDirectory=(\S+)$", text, re.MULTILINE)
        assert f"Environment=VOLTWAY_DATA_DIR=/var/lib/{state[0]}" in text, unit.name
    for timer in (DEPLOY / "systemd").glob("*.timer"):
        assert timer.with_suffix(".service") in UNITS
