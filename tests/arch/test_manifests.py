"""The Kubernetes manifests say what the services say: ports, probes, settings, keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from giaoban.config import ROLES, Settings

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
KUBERNETES_VERSIONS = ("1.30", "1.37")
Manifest = dict[str, Any]


def manifests() -> list[Manifest]:
    names = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    return [document for name in names for document in yaml.safe_load_all((BASE / name).read_text())]


def workload(role: str) -> Manifest:
    return next(m for m in manifests() if m["kind"] in ("Deployment", "StatefulSet") and m["metadata"]["name"] == role)


def container(role: str) -> Manifest:
    (only,) = workload(role)["spec"]["template"]["spec"]["containers"]
    return dict(only)


def environment(role: str) -> dict[str, str]:
    """What the container sees; values from secrets and fields are stood in for."""
    shared = next(m for m in manifests() if m["kind"] == "ConfigMap")["data"]
    own = {entry["name"]: entry.get("value", stand_in(entry)) for entry in container(role).get("env", ())}
    values = dict(shared) | own
    return {name: value.replace("$(NODE_ADDRESS)", "10.1.2.3") for name, value in values.items()}


def stand_in(entry: Manifest) -> str:
    return "redis://:secret@redis:6379/0" if entry["name"] == "GIAOBAN_REDIS_URL" else "10.1.2.3"


def ports(role: str) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container(role)["ports"]}


def test_every_file_of_the_base_is_in_the_kustomization() -> None:
    listed = set(yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"])

    assert listed == {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_every_object_is_valid_to_the_letter(version: str) -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    broken = workload("gateway")
    broken["spec"]["replica"] = 1

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES_VERSIONS[-1], strict=True)


@pytest.mark.parametrize("role", ROLES)
def test_the_settings_of_a_role_are_known_and_load(role: str) -> None:
    values = environment(role)

    settings = Settings.load(values, role=role)

    known = {f"GIAOBAN_{name.upper()}" for name in Settings.model_fields} | {"GIAOBAN_KEYS", "GIAOBAN_DATABASE_URL"}
    assert {name for name in values if name.startswith("GIAOBAN_")} <= known
    assert not settings.embedded_redis
    assert str(settings.home) == "/var/lib/giaoban"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_listens_where_the_manifest_says(role: str) -> None:
    settings = Settings.load(environment(role), role=role)

    assert container(role)["args"] == ["serve", role]
    assert settings.grpc_target(role).endswith(f":{ports(role)['grpc']}")
    assert settings.metrics is not None
    assert settings.metrics.port == ports(role)["metrics"]


def test_media_workers_have_their_ports() -> None:
    settings = Settings.load(environment("media"), role="media")

    udp = [settings.media_udp + worker for worker in range(settings.media_workers)]
    grpc = [int(settings.grpc_target("media", worker).rpartition(":")[2]) for worker in range(settings.media_workers)]

    assert [ports("media")[f"media-{worker}"] for worker in range(settings.media_workers)] == udp
    assert [ports("media")[f"grpc-worker-{worker}"] for worker in range(settings.media_workers)] == grpc
    assert workload("media")["spec"]["template"]["spec"]["hostNetwork"] is True


@pytest.mark.parametrize("role", ["scheduler", "media", "notify"])
def test_roles_find_each_other_by_services_that_exist(role: str) -> None:
    services = {m["metadata"]["name"]: m["spec"]["ports"] for m in manifests() if m["kind"] == "Service"}
    settings = Settings.load(environment("gateway"), role="gateway")

    host, _, port = settings.grpc_target(role).partition(":")

    assert int(port) in {entry["port"] for entry in services[host]}


def test_the_probes_of_the_gateway_ask_for_pages_that_exist() -> None:
    source = (ROOT / "services" / "gateway" / "app.py").read_text()
    paths = {container("gateway")[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")}

    assert paths == {"/healthz", "/readyz"}
    assert all(f'add_get("{path}"' in source for path in paths)
    assert Settings.load(environment("gateway")).http.port == ports("gateway")["http"]


@pytest.mark.parametrize("role", ["scheduler", "media", "notify"])
def test_the_probes_of_a_role_ask_its_grpc_health_service(role: str) -> None:
    for kind in ("startup", "readiness", "liveness"):
        assert container(role)[f"{kind}Probe"]["grpc"]["port"] == ports(role)["grpc"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_its_own_private_key_and_only_public_ones_of_the_others(role: str) -> None:
    volumes = workload(role)["spec"]["template"]["spec"]["volumes"]
    items = {item["path"] for volume in volumes if volume["name"] == "keys" for item in volume["secret"]["items"]}

    assert {name for name in items if re.fullmatch(r"sign-\w+\.pem", name)} == {f"sign-{role}.pem"}
    assert {f"sign-{other}.pub.pem" for other in ROLES} <= items


def pods() -> Iterator[Manifest]:
    for manifest in manifests():
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            yield manifest["spec"]["template"]["spec"]


def test_every_container_is_bounded_unprivileged_and_cannot_write_its_root() -> None:
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for entry in pod["containers"]:
            security = entry["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"]["drop"] == ["ALL"]
            assert set(entry["resources"]) == {"requests", "limits"}


def test_every_pod_is_under_a_network_policy() -> None:
    policies = [m["spec"] for m in manifests() if m["kind"] == "NetworkPolicy"]
    named = {p["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for p in policies if p["podSelector"]}

    assert any(not policy["podSelector"] and "ingress" not in policy for policy in policies)
    assert named == {*ROLES, "redis"} - {"media"}


def test_redis_asks_for_a_password_that_only_the_secret_holds() -> None:
    assert container("redis")["args"][:2] == ["valkey-server", "/etc/giaoban/redis.conf"]
    for role in ROLES:
        [url] = [entry for entry in container(role)["env"] if entry["name"] == "GIAOBAN_REDIS_URL"]
        assert url["valueFrom"]["secretKeyRef"] == {"name": "giaoban-redis", "key": "url"}
    assert not [m for m in manifests() if m["kind"] == "ConfigMap" and "redis://" in str(m["data"])]


def test_redis_is_reached_by_the_four_roles_only() -> None:
    [policy] = [m["spec"] for m in manifests() if m["kind"] == "NetworkPolicy" and m["metadata"]["name"] == "redis"]
    [ingress] = policy["ingress"]

    named = {
        one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for one in ingress["from"] if "podSelector" in one
    }
    ranges = [one["ipBlock"]["cidr"] for one in ingress["from"] if "ipBlock" in one]

    assert named == set(ROLES) - {"media"}
    assert ranges == ["192.0.2.0/24"], "of media's nodes, which the site names; nobody's until then"


def test_the_image_exposes_what_the_services_open_and_runs_unprivileged() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    exposed = set(re.findall(r"(\d+)/(?:tcp|udp)", dockerfile))

    assert {str(port) for port in (8080, 7000, 9090, ports("media")["media-0"], ports("media")["media-1"])} == exposed
    assert "USER 10001" in dockerfile
    assert 'ENTRYPOINT ["/opt/giaoban/bin/python", "-m", "services.cli"]' in dockerfile
