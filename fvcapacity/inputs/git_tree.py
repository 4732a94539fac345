"""The files of a repository as they are at another commit, in a directory of their own.

git itself is asked, with an index of its own: the user's index, branch and working tree stay as they are, nothing is
left in the repository, and (unlike with ``git archive``) files that are marked ``export-ignore`` are there.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fvcapacity.errors import InputError, Problem, SourceError
from fvcapacity.frozen import Frozen

_TIMEOUT_S = 300
_FETCH = "fetch it first: git fetch origin BRANCH (on a CI server: check out with the whole history, fetch-depth: 0)"


class GitTree(Frozen):
    """A commit, unpacked.

    Attributes
    ----------
    ref, commit
        What was asked for, and the commit that it means.
    root
        Directory that holds the files of the commit.
    repository
        Top directory of the working tree.
    """

    ref: str
    commit: str
    root: Path
    repository: Path

    def at(self, path: str | Path) -> Path:
        """Return where a file of the working tree stands in the commit.

        Raises
        ------
        InputError
            When the commit does not have it, or it lies outside the repository.
        """
        full = Path(path).resolve()
        if not full.is_relative_to(self.repository):
            raise InputError(Problem(f"{str(path)!r} lies outside the repository {self.repository.name!r}"))
        found = self.root / full.relative_to(self.repository)
        if not found.exists():
            relative = full.relative_to(self.repository).as_posix()
            raise InputError(
                Problem(
                    f"{relative!r} does not exist at {self.ref} ({self.commit[:12]})",
                    hint="name a ref that has it; a new file has nothing to be compared with",
                    rule="not-at-ref",
                )
            )
        return found


@contextmanager
def git_tree(path: str | Path, ref: str) -> Iterator[GitTree]:
    """Unpack a commit of the repository that holds a file, for as long as the context lasts.

    Parameters
    ----------
    path
        A file or directory of the working tree.
    ref
        Branch, tag or commit.

    Raises
    ------
    InputError
        When the path lies in no repository, or the ref is not known.
    SourceError
        When git is not there, or fails.
    """
    place = Path(path).resolve()
    directory = place if place.is_dir() else place.parent
    top = _git(directory, "rev-parse", "--show-toplevel")
    if top.returncode != 0:
        message = f"{str(path)!r} lies in no git repository: {_last_line(top.stderr)}"
        raise InputError(Problem(message, hint="run it in a clone, or use fvcap diff with two directories"))
    repository = Path(top.stdout.strip()).resolve()
    named = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if named.returncode != 0:
        raise InputError(Problem(f"git knows no commit {ref!r}", field="--base", hint=_FETCH, rule="unknown-ref"))
    commit = named.stdout.strip()
    with tempfile.TemporaryDirectory(prefix="fvcapacity-ref-") as home:
        root = Path(home).resolve() / "tree"
        root.mkdir()
        index = {"GIT_INDEX_FILE": str(Path(home) / "index")}
        _must(_git(repository, "read-tree", commit, more=index), ref)
        _must(_git(repository, "checkout-index", "--all", "--force", f"--prefix={root}/", more=index), ref)
        yield GitTree(ref, commit, root, repository)


def _git(directory: Path, *words: str, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")  # those of a hook that we may run in
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(more or {})}
    try:
        return subprocess.run(
            ["git", "-C", str(directory), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {words[0]} gave no answer within {_TIMEOUT_S} s", retryable=True) from None
    except OSError as error:
        hint = "install git"
        raise SourceError(f"git cannot be run: {error.strerror or error}", hint=hint) from None


def _must(done: subprocess.CompletedProcess[str], ref: str) -> None:
    if done.returncode != 0:
        raise SourceError(f"git cannot unpack {ref}: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
