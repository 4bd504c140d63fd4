"""What `deploy/` names is there: commands with their options, settings, ports, paths, files. So it cannot rot unseen."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from builders import MakeRuntime, app_of
from voltway.app import catalog
from voltway.app.cli.commands import COMMANDS, app
from voltway.app.settings import Configuration, Flags, read
from voltway.app.supervisor import AT_GATEWAYS
from voltway.kernel import housekeeping
from voltway.modules.gateway.settings import GatewaySettings

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text())
CHART = DEPLOY / "helm" / "voltway"
HELM = shutil.which("helm", path=str(Path(sys.executable).parent)) or shutil.which("helm")
LAYOUTS: dict[str, tuple[str, ...]] = {
    "one process": (),
    "three gateways": ("--set", "gateways.replicas=3", "--set", "server.storageClass=fast"),
    "least": ("--set", "ingress.enabled=false", "--set", "backup.enabled=false"),
}
"""Ways to use the chart."""


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    """Run helm, which is among the packages of the tests where its makers build for the machine."""
    if HELM is None:
        if os.environ.get("VOLTWAY_REQUIRE_SERVICES"):
            pytest.fail("helm is not installed: make dev")
        pytest.skip("helm is not installed")
    return subprocess.run([HELM, *words], capture_output=True, text=True, timeout=120)


@lru_cache
def objects(layout: str) -> tuple[dict[str, Any], ...]:
    """What the chart makes in a layout."""
    done = helm("template", "voltway", str(CHART), *LAYOUTS[layout])
    assert done.returncode == 0, done.stderr
    return tuple(each for each in yaml.safe_load_all(done.stdout) if each is not None)


CALLED = re.compile(r"(?:^|[\s\"'=;/`])voltway ((?:run|[a-z]+(?:-[a-z]+)*)(?: [^\n\"'`;#|>&)]*)?)")


def kind(name: str, layout: str = "one process") -> list[dict[str, Any]]:
    return [each for each in objects(layout) if each["kind"] == name]


def pods(layout: str) -> Iterator[dict[str, Any]]:
    """Every pod's description."""
    for each in (*kind("StatefulSet", layout), *kind("Deployment", layout)):
        yield each["spec"]["template"]
    for each in kind("CronJob", layout):
        yield each["spec"]["jobTemplate"]["spec"]["template"]


def containers(layout: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for pod in pods(layout):
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            yield pod["spec"], container


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
    lines += (CHART / "templates" / "NOTES.txt").read_text().replace("-- voltway", "voltway").splitlines()
    found = [shlex.split(match.strip(" \\")) for line in lines for match in CALLED.findall(line)]
    for layout in LAYOUTS:
        found += [each["command"][1:] for _, each in containers(layout) if each["command"][0] == "voltway"]
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
    for layout in LAYOUTS:
        (settings,) = kind("ConfigMap", layout)
        for _, container in containers(layout):
            own = {each["name"]: each.get("value", "10.1.2.3") for each in container.get("env", ())}
            found[f"kubernetes, {layout}, {container['name']}"] = {**settings["data"], **own}
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
    for layout in LAYOUTS:
        named = {
            port["name"]: port["containerPort"] for _, each in containers(layout) for port in each.get("ports", ())
        }
        assert set(named.values()) == ports
    (scrape,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert scrape["static_configs"][0]["targets"] == [f"voltway:{configuration.http.port}"]


async def test_probes_ask_for_pages_that_there_are(make_runtime: MakeRuntime) -> None:
    import httpx

    asked = {
        probe["httpGet"]["path"]
        for layout in LAYOUTS
        for _, container in containers(layout)
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


def test_chart_is_sound() -> None:
    done = helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr
    version = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version


@pytest.mark.parametrize("layout", LAYOUTS)
def test_kubernetes_would_take_what_the_chart_makes(layout: str) -> None:
    for each in objects(layout):
        kubernetes_validate.validate(each, "1.31", strict=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_kubernetes_objects_fit_each_other(layout: str) -> None:
    claims, maps = kind("PersistentVolumeClaim", layout), kind("ConfigMap", layout)
    (server,) = kind("StatefulSet", layout)
    templates = {each["metadata"]["name"] for each in server["spec"]["volumeClaimTemplates"]}
    made = {f"{name}-{server['metadata']['name']}-0" for name in templates}
    made |= {each["metadata"]["name"] for each in claims}
    for pod, container in containers(layout):
        volumes = {each["name"]: each for each in pod["volumes"]}
        assert {each["name"] for each in container.get("volumeMounts", ())} <= volumes.keys() | templates
        assert {
            each["persistentVolumeClaim"]["claimName"] for each in volumes.values() if "persistentVolumeClaim" in each
        } <= made
        assert [each["configMapRef"]["name"] for each in container["envFrom"]] == [maps[0]["metadata"]["name"]]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    for each in (*kind("StatefulSet", layout), *kind("Deployment", layout), *kind("PodDisruptionBudget", layout)):
        wanted = each["spec"]["selector"]["matchLabels"]
        found = [pod for pod in pods(layout) if wanted.items() <= pod["metadata"]["labels"].items()]
        assert len(found) == 1, each["metadata"]["name"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_services_lead_to_pods_that_listen(layout: str) -> None:
    services = {each["metadata"]["name"]: each["spec"] for each in kind("Service", layout)}
    for name, service in services.items():
        (pod,) = [each for each in pods(layout) if service["selector"].items() <= each["metadata"]["labels"].items()]
        listens = {port["name"] for each in pod["spec"]["containers"] for port in each["ports"]}
        assert {port["targetPort"] for port in service["ports"]} <= listens, name
    for ingress in kind("Ingress", layout):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            ports = {port["name"] for port in services[backend["name"]]["ports"]}
            assert backend["port"]["name"] in ports, path["path"]


def test_gateways_and_the_server_have_all_modules_between_them() -> None:
    runs = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod["spec"]["containers"][0]["command"][2:]
        for pod in pods("three gateways")
    }
    assert runs["server"] == [name for name in catalog.MODULES if name != "gateway"]
    assert sorted(runs["gateway"]) == sorted(AT_GATEWAYS)
    assert kind("Deployment", "one process") == []


def test_secrets_are_mounted_where_the_settings_look() -> None:
    for layout in LAYOUTS:
        (settings,) = (each["data"] for each in kind("ConfigMap", layout))
        wanted = {settings["VOLTWAY_DATABASE__URL_FILE"], settings["VOLTWAY_SECRET_FILE"]}
        for _, container in containers(layout):
            if container["command"][0] == "voltway":
                mounted = {mount["mountPath"] for mount in container["volumeMounts"] if mount.get("readOnly")}
                assert {str(Path(file).parent) for file in wanted} == mounted, container["name"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ("gateways.replicas=-1", "replicas"),
        ("image.tga=1", "tga"),
        ("settings.LOG_LEVEL=debug", "LOG_LEVEL"),
        ("trustedProxies={everybody}", "trustedProxies"),
    ],
)
def test_wrong_value_is_named(values: str, named: str) -> None:
    done = helm("template", "voltway", str(CHART), "--set", values)
    assert done.returncode != 0
    assert named in done.stderr


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
