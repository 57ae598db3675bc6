"""Renders each overlay in k8s/, and checks it against the schemas of Kubernetes and against this repository.

`make k8s` runs it. Every wrong thing is one line; the exit code says whether there was one.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
# The oldest that README.md names, and the newest whose schemas there are.
VERSIONS = ["1.30", "1.37"]
STREAMS = "/api/v1/realtime"
MARGIN_MS = 5_000


def main():
    example = yaml.safe_load((K8S / "secret.example.yaml").read_text())
    faults = [f"secret.example.yaml: {fault}" for fault in against_schemas([example])]
    mentioned = set(re.findall(r"RANKORA_[A-Z_]+", (K8S / "README.md").read_text()))
    faults += [f"README.md: {name} is not in src/config/mod.rs" for name in sorted(mentioned - settings())]
    overlays = {path.parent.name: path.parent for path in sorted(K8S.glob("overlays/*/kustomization.yaml"))}
    if not overlays:
        faults.append("no overlay was found")
    documents = 0
    with tempfile.TemporaryDirectory() as directory:
        overlays["README.md's own overlay"] = overlay_from_readme(Path(directory))
        for name, path in overlays.items():
            try:
                objects = render(path)
            except RenderError as error:
                faults.append(f"{name}: {error}")
                continue
            documents += len(objects)
            wrong = against_schemas(objects) or Overlay(objects, example).faults()
            faults += [f"{name}: {fault}" for fault in wrong]
    for fault in faults:
        print(f"k8s: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)
    print(f"k8s: {len(overlays)} overlays, {documents} objects, right for Kubernetes {' and '.join(VERSIONS)}")


class RenderError(Exception):
    """kustomize refused, or had something to say."""


def render(path):
    done = subprocess.run([*kustomize(), str(path)], capture_output=True, text=True, check=False)
    # A warning is a fault too: it tells of what the next kustomize refuses.
    if done.returncode or done.stderr.strip():
        raise RenderError(done.stderr.strip())
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def kustomize():
    bundled = Path(sys.prefix) / "bin" / "kubectl"
    if bundled.exists():
        return [str(bundled), "kustomize"]
    for command in (["kustomize", "build"], ["kubectl", "kustomize"]):
        if shutil.which(command[0]):
            return command
    sys.exit("k8s: install kubectl or kustomize; there is no wheel of it for this system")


def overlay_from_readme(directory):
    """The overlay that README.md shows, beside a copy of what it needs of this repository."""
    text = (K8S / "README.md").read_text()
    (block,) = re.findall(r"```yaml\n(# kustomization\.yaml\n.*?)```", text, re.DOTALL)
    for name in ("k8s", "deploy"):
        shutil.copytree(ROOT / name, directory / "rankora" / name)
    (directory / "kustomization.yaml").write_text(block)
    return directory


def against_schemas(objects):
    faults = []
    for thing in objects:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(part) for part in error.path)
                faults.append(f"{label(thing)}, Kubernetes {version}: {where}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                faults.append(error.message)
    return faults


def label(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def settings():
    return set(re.findall(r'env = "(\w+)"', (ROOT / "src/config/mod.rs").read_text()))


def fits(selector, labels):
    """Whether a selector of labels alone takes these; an empty one, which takes all, is never meant here."""
    wanted = selector.get("matchLabels", selector)
    return bool(wanted) and wanted.items() <= labels.items()


class Overlay:
    """One rendered overlay."""

    def __init__(self, objects, example):
        self.objects = objects
        self.secrets = {example["metadata"]["name"]: set(example.get("stringData", ()))}
        self.workloads = self.of("Deployment") + self.of("StatefulSet")
        self.configs = {config["metadata"]["name"]: config.get("data", {}) for config in self.of("ConfigMap")}
        self.found = []

    def of(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def named(self, kind, name):
        return next((thing for thing in self.of(kind) if thing["metadata"]["name"] == name), None)

    def expect(self, right, fault):
        if not right:
            self.found.append(fault)

    def faults(self):
        self.namespaces()
        self.expect(not self.of("Secret"), "a secret would be in the repository")
        for workload in self.workloads:
            self.workload(workload)
        for server in self.of("Deployment"):
            self.server(server)
        for service in self.of("Service"):
            self.service(service)
        for budget in self.of("PodDisruptionBudget"):
            self.selects_one(budget, budget["spec"]["selector"])
        for policy in self.of("NetworkPolicy"):
            self.network_policy(policy)
        for scaler in self.of("HorizontalPodAutoscaler"):
            self.autoscaler(scaler)
        self.ingresses()
        for redis in self.of("StatefulSet"):
            self.redis(redis)
        return self.found

    def namespaces(self):
        (namespace,) = self.of("Namespace")
        for thing in self.objects:
            if thing is not namespace:
                inside = thing["metadata"].get("namespace") == namespace["metadata"]["name"]
                self.expect(inside, f"{label(thing)} is not in the overlay's namespace")

    def workload(self, workload):
        """References lead somewhere, and the pod runs under the restricted standard."""
        name, spec = label(workload), workload["spec"]
        pod = spec["template"]["spec"]
        labels = spec["template"]["metadata"]["labels"]
        self.expect(fits(spec["selector"], labels), f"{name}: its selector doesn't take its own pods")
        self.expect(self.named("ServiceAccount", pod.get("serviceAccountName")), f"{name}: no such ServiceAccount")
        self.expect(pod.get("automountServiceAccountToken") is False, f"{name}: pods would get a token")
        for spread in pod.get("topologySpreadConstraints", []):
            self.expect(fits(spread["labelSelector"], labels), f"{name}: spreads pods that are not its own")
        context = pod.get("securityContext", {})
        self.expect(context.get("runAsNonRoot") is True and context.get("runAsUser"), f"{name}: may run as root")
        self.expect(context.get("seccompProfile") == {"type": "RuntimeDefault"}, f"{name}: no seccomp profile")
        mountable = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        for volume in pod.get("volumes", []):
            mountable.add(volume["name"])
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            self.expect(not claim or self.named("PersistentVolumeClaim", claim), f"{name}: no claim {claim}")
            config = volume.get("configMap", {}).get("name")
            self.expect(not config or config in self.configs, f"{name}: no ConfigMap {config}")
        for container in pod["containers"]:
            self.container(name, container, mountable)

    def container(self, name, container, mountable):
        context = container.get("securityContext", {})
        self.expect(context.get("allowPrivilegeEscalation") is False, f"{name}: may gain privileges")
        self.expect(context.get("readOnlyRootFilesystem") is True, f"{name}: may write to its image")
        self.expect(context.get("capabilities") == {"drop": ["ALL"]}, f"{name}: keeps capabilities")
        resources = container.get("resources", {})
        sized = {(kind, what) for kind in ("requests", "limits") for what in resources.get(kind, {})}
        self.expect(len(sized) == 4, f"{name}: requests and limits of CPU and memory are not all there")
        tag = container["image"].rpartition("/")[2].partition(":")[2]
        self.expect(tag not in ("", "latest"), f"{name}: the image's tag doesn't say which one it is")
        for mount in container.get("volumeMounts", []):
            self.expect(mount["name"] in mountable, f"{name}: no volume {mount['name']}")
        for entry in container.get("env", []):
            secret = entry.get("valueFrom", {}).get("secretKeyRef")
            known = not secret or secret["key"] in self.secrets.get(secret["name"], ())
            self.expect(known, f"{name}: {entry['name']} is from a secret that secret.example.yaml doesn't have")
        for source in container.get("envFrom", []):
            config = source["configMapRef"]["name"]
            self.expect(config in self.configs, f"{name}: no ConfigMap {config}")
        # An argument may name a variable.
        variables = {entry["name"] for entry in container.get("env", [])}
        used = set(re.findall(r"\$\((\w+)\)", " ".join(container.get("args", []))))
        self.expect(used <= variables, f"{name}: an argument names a variable that isn't there")

    def server(self, server):
        """Settings, probes and times of Rankora itself."""
        name, pod = label(server), server["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        values = {}
        for source in container.get("envFrom", []):
            values |= self.configs.get(source["configMapRef"]["name"], {})
        values |= {entry["name"]: entry.get("value") for entry in container.get("env", [])}
        for variable in sorted(values.keys() - settings()):
            self.expect(False, f"{name}: {variable} is not in src/config/mod.rs")

        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port, variable in (("http", "RANKORA_LISTEN"), ("metrics", "RANKORA_METRICS_LISTEN")):
            listens = values.get(variable, "").rpartition(":")[2]
            self.expect(listens == str(ports.get(port)), f"{name}: port {port} is not where {variable} listens")

        routes = set(re.findall(r'\.route\("([^"]+)"', (ROOT / "src/http/health.rs").read_text()))
        for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
            get = container.get(f"{probe}Probe", {}).get("httpGet", {})
            known = get.get("path") == path and path in routes
            self.expect(known, f"{name}: the {probe} probe asks {get.get('path')}")
            self.expect(get.get("port") == "http", f"{name}: the {probe} probe asks the wrong port")

        delay, drain = (int(values.get(f"RANKORA_{which}_MS", 0)) for which in ("DRAIN_DELAY", "DRAIN"))
        enough = pod["terminationGracePeriodSeconds"] * 1000 >= delay + drain + MARGIN_MS
        self.expect(enough, f"{name}: the grace period is shorter than its drain")
        self.expect(delay or not self.of("Ingress"), f"{name}: it would refuse what proxies still send to it")

        user = pod["securityContext"]["runAsUser"]
        self.expect(f"USER {user}:" in (ROOT / "deploy/Dockerfile").read_text(), f"{name}: not the image's user {user}")
        scaled = any(self.scales(scaler, server) for scaler in self.of("HorizontalPodAutoscaler"))
        self.expect(scaled != ("replicas" in server["spec"]), f"{name}: replicas and autoscaler, or neither")

        redis = "RANKORA_REDIS_URL" in values
        self.expect(redis != ("RANKORA_DATA_DIR" in values), f"{name}: a Redis URL and a data directory, or neither")
        mounts = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
        self.expect(redis or values.get("RANKORA_DATA_DIR") in mounts, f"{name}: its data is on no volume")

        url = values.get("RANKORA_PUBLIC_URL", "")
        for ingress in self.of("Ingress"):
            for rule in ingress["spec"]["rules"]:
                same = url == f"https://{rule['host']}"
                self.expect(same, f"{label(ingress)}: {rule['host']} is not the host of RANKORA_PUBLIC_URL")

    def selects_one(self, thing, selector):
        pods = [(workload, workload["spec"]["template"]["metadata"]["labels"]) for workload in self.workloads]
        taken = [workload for workload, labels in pods if fits(selector, labels)]
        self.expect(len(taken) == 1, f"{label(thing)}: its selector takes {len(taken)} workloads")
        return taken[0] if taken else None

    @staticmethod
    def has_port(workload, port):
        ports = [own for container in workload["spec"]["template"]["spec"]["containers"] for own in container["ports"]]
        return any(port in (own["name"], own["containerPort"]) for own in ports)

    def service(self, service):
        workload = self.selects_one(service, service["spec"]["selector"])
        for port in service["spec"]["ports"]:
            known = workload and self.has_port(workload, port["targetPort"])
            self.expect(known, f"{label(service)}: no port {port['targetPort']} in the pods")

    def network_policy(self, policy):
        spec = policy["spec"]
        workload = self.selects_one(policy, spec["podSelector"])
        for rule in spec.get("ingress", []):
            self.expect(rule.get("from") and rule.get("ports"), f"{label(policy)}: lets everybody in")
            self.peers(policy, rule.get("from", []))
            for port in rule.get("ports", []):
                known = workload and self.has_port(workload, port["port"])
                self.expect(known, f"{label(policy)}: no port {port['port']} in the pods")
        for rule in spec.get("egress", []):
            self.expect(rule.get("to") and rule.get("ports"), f"{label(policy)}: lets everything out")
            for peer in self.peers(policy, rule.get("to", [])):
                for port in rule.get("ports", []):
                    known = self.has_port(peer, port["port"])
                    self.expect(known, f"{label(policy)}: no port {port['port']} in {label(peer)}")

    def peers(self, policy, peers):
        """The workloads of this overlay among them; others are in namespaces of their own."""
        own = [peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer]
        return [found for selector in own if (found := self.selects_one(policy, selector))]

    @staticmethod
    def scales(scaler, workload):
        target = scaler["spec"]["scaleTargetRef"]
        return (target["apiVersion"], target["kind"], target["name"]) == (
            workload["apiVersion"], workload["kind"], workload["metadata"]["name"])

    def autoscaler(self, scaler):
        scaled = any(self.scales(scaler, workload) for workload in self.workloads)
        self.expect(scaled, f"{label(scaler)}: there is nothing like that to scale")
        # A test holds this page against what a replica serves.
        metrics = (ROOT / "docs/operations.md").read_text()
        for metric in scaler["spec"]["metrics"]:
            if metric["type"] == "Pods":
                name = metric["pods"]["metric"]["name"]
                self.expect(f"| `{name}` | gauge |" in metrics, f"{label(scaler)}: Rankora has no gauge {name}")

    def ingresses(self):
        served = f'path = "{STREAMS}"' in (ROOT / "src/http/api/realtime.rs").read_text()
        self.expect(served, f"streams are not served at {STREAMS}")
        streams = False
        for ingress in self.of("Ingress"):
            notes = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
            hosts = {host for tls in ingress["spec"].get("tls", []) for host in tls["hosts"]}
            repeats = notes.get("proxy-next-upstream", "")
            self.expect("non_idempotent" not in repeats, f"{label(ingress)}: a POST would be sent twice")
            self.expect(notes.get("enable-access-log") == "false", f"{label(ingress)}: keys would be in the log")
            for rule in ingress["spec"]["rules"]:
                self.expect(rule["host"] in hosts, f"{label(ingress)}: no certificate for {rule['host']}")
                for path in rule["http"]["paths"]:
                    self.backend(ingress, path["backend"]["service"])
                    if path["path"] == STREAMS:
                        streams = True
                        self.expect(notes.get("proxy-buffering") == "off", f"{label(ingress)}: streams are buffered")
                        patience = int(notes.get("proxy-read-timeout", 60))
                        self.expect(patience >= 3600, f"{label(ingress)}: streams are cut")
        self.expect(streams or not self.of("Ingress"), f"no Ingress has a path {STREAMS}")

    def backend(self, ingress, backend):
        service = self.named("Service", backend["name"])
        ports = {port["name"] for port in service["spec"]["ports"]} if service else set()
        self.expect(backend["port"]["name"] in ports, f"{label(ingress)}: no such Service and port: {backend}")

    def redis(self, redis):
        """The in-cluster Redis is the one of deploy/ and docker-compose.yml."""
        name, spec = label(redis), redis["spec"]
        self.expect(self.named("Service", spec["serviceName"]), f"{name}: no Service {spec['serviceName']}")
        (container,) = spec["template"]["spec"]["containers"]
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]
        self.expect(container["image"] == compose["image"], f"{name}: not the image of docker-compose.yml")
        volumes = spec["template"]["spec"].get("volumes", [])
        used = [volume["configMap"]["name"] for volume in volumes if "configMap" in volume]
        content = [self.configs.get(config, {}).get("redis.conf") for config in used]
        expected = (ROOT / "deploy/redis.conf").read_text()
        self.expect(content == [expected], f"{name}: not the configuration deploy/redis.conf")
        args = container["args"]
        self.expect("--requirepass" in args, f"{name}: no password")
        maxmemory = int(re.fullmatch(r"(\d+)gb", args[args.index("--maxmemory") + 1])[1])
        limit = int(re.fullmatch(r"(\d+)Gi", container["resources"]["limits"]["memory"])[1])
        self.expect(limit >= 2 * maxmemory, f"{name}: the memory limit is below twice maxmemory")


if __name__ == "__main__":
    main()
