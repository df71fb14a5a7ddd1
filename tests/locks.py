"""Write engine/requirements/locks: every package that an installation fetches, by name, version and SHA-256.

`build.py lock` runs it in an environment that has uv.

uv resolves engine.txt once for all platforms. What the PyTorch builds that are not on the main index need stands in `ELSEWHERE`:
when torch's version changes, take their names, hashes and sizes from PyTorch's own index.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

REQUIREMENTS = Path(__file__).parents[1] / "engine" / "requirements"
LOCKS = REQUIREMENTS / "locks"
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
CUDA_ONLY = re.compile(r"torch|triton|(cuda|nvidia)-.*")
"""Packages that come with PyTorch's build on the main index: CUDA's libraries are for Linux."""

ELSEWHERE: dict[str, dict[str, tuple[str, int]]] = {
    "cpu": {
        "cp311-manylinux_2_28_aarch64": ("84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7", 0),
        "cp311-manylinux_2_28_x86_64": ("6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b", 191_794_682),
        "cp312-manylinux_2_28_aarch64": ("6f307c2c32d764ffc6ff6893b801fad6d4752f3e67966cb8abf1843427c02604", 0),
        "cp312-manylinux_2_28_x86_64": ("4ca4a9394b0c771238a4f73590fdbbc4debad85ed0fa63d026ae1b085da7d6e2", 0),
        "cp313-manylinux_2_28_aarch64": ("0b8f7d0423027ae8b90c7977c627f3379f325363a08224dffad9b4b2d684a83d", 0),
        "cp313-manylinux_2_28_x86_64": ("3fbf9c9d1f3c10c2d59d04aca426dee9ccc6ceb32d255c61e93acc3b4f75fae6", 191_815_667),
        "cp314-manylinux_2_28_aarch64": ("ca021f9eb2f8345c83fa03e3a04587308afb8df71bd472670b3ece00df58621c", 0),
        "cp314-manylinux_2_28_x86_64": ("d20fa53ee744502fa4c69818a720b05ca0d37abd055d4f6e66cae155114bc691", 0),
    },
    "cu126": {
        "cp311-win_amd64": ("8095729db14e7fd5178a39676fdd679208eff4041407ea34e3d898336c90f5c5", 2_594_548_547),
        "cp312-win_amd64": ("380081ea098bf2b9e727aa85205d94790d884d17c62df3bb00a4f6a1047010a2", 2_594_590_371),
    },
    "cu130": {
        "cp313-win_amd64": ("cf23236e9deed7d3510d14d9b9592d75d272ef7b35bbfee31a02bea339c73971", 1_915_517_499),
    },
}
"""SHA-256 and bytes (0 where not known) of torch 2.13.0's wheels on PyTorch's index, by build and by Python and platform."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A platform that Blender runs on. `markers`: what environment markers see there."""

    name: str
    platforms: tuple[str, ...]
    markers: dict[str, str]

    def tags(self, python: tuple[int, int]) -> list[Tag]:
        """The wheels that fit, the best first."""
        platforms = list(self.platforms)
        interpreter = f"cp{python[0]}{python[1]}"
        return [*cpython_tags(python, platforms=platforms), *compatible_tags(python, interpreter, platforms)]

    def environment(self, python: tuple[int, int]) -> dict[str, str]:
        version = f"{python[0]}.{python[1]}"
        return {**self.markers, "python_version": version, "python_full_version": f"{version}.9", "implementation_name": "cpython"}


def _linux(machine: str) -> Target:
    glibc = [*(f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)), f"manylinux2014_{machine}", f"linux_{machine}"]
    markers = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine, "os_name": "posix"}
    return Target(name=f"linux-{machine}", platforms=tuple(glibc), markers=markers)


TARGETS = (
    _linux("x86_64"),
    _linux("aarch64"),
    Target(
        name="windows-amd64",
        platforms=("win_amd64",),
        markers={"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
    ),
    Target(
        name="macos-arm64",
        platforms=tuple(f"macosx_{major}_0_{kind}" for major in range(14, 10, -1) for kind in ("arm64", "universal2")),
        markers={"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
    ),
)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A pinned package. `wheels`: of each the tags it fits, its SHA-256 and its bytes."""

    name: str
    version: str
    marker: str
    wheels: tuple[tuple[frozenset[Tag], str, int], ...]

    def wheel(self, target: Target, python: tuple[int, int]) -> tuple[str, int] | None:
        """SHA-256 and bytes of the wheel that is installed there, if any is."""
        if self.marker and not Marker(self.marker).evaluate(target.environment(python)):
            return None
        for tag in target.tags(python):
            for tags, digest, size in self.wheels:
                if tag in tags:
                    return digest, size
        return None

    def entry(self) -> str:
        """Its lines in a lock file, with the hashes of the wheels that some target takes."""
        hashes = {found[0] for target in TARGETS for python in PYTHONS if (found := self.wheel(target, python))}
        if not hashes:
            return ""
        pin = f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")
        return " \\\n".join([pin, *(f"    --hash=sha256:{digest}" for digest in sorted(hashes))]) + "\n"


def resolve(file: Path) -> list[Package]:
    """Every package that `file` comes to, on any platform."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "uv",
                "pip",
                "compile",
                "--quiet",
                "--no-config",
                "--universal",
                "--python-version",
                "3.11",
                "--only-binary",
                ":all:",
                "--format",
                "pylock.toml",
                "--output-file",
                str(lock),
                str(file),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return [_package(each) for each in tomllib.loads(lock.read_text("utf-8"))["packages"]]


def _package(fields: dict[str, Any]) -> Package:
    marker = re.sub(r"^python_full_version >= '3\.11'( and )?", "", fields.get("marker", ""))
    wheels = tuple(
        (parse_wheel_filename(_file_name(wheel))[3], wheel["hashes"]["sha256"], wheel["size"]) for wheel in fields["wheels"]
    )
    return Package(name=fields["name"], version=fields["version"], marker=marker, wheels=wheels)


def _file_name(wheel: dict[str, Any]) -> str:
    return wheel.get("name") or wheel["url"].rpartition("/")[2]


def elsewhere(build: str, torch: Package) -> Package:
    """A build of torch that is not on the main index."""
    version = f"{torch.version}+{build}"
    wheels = [
        (parse_wheel_filename(f"torch-{version}-{tags.partition('-')[0]}-{tags}.whl")[3], digest, size)
        for tags, (digest, size) in ELSEWHERE[build].items()
    ]
    return Package(name="torch", version=version, marker="", wheels=tuple(wheels))


def bytes_of(packages: Iterable[Package], target: Target, python: tuple[int, int]) -> int:
    """What they take to download."""
    return sum(found[1] for package in packages if (found := package.wheel(target, python)))


def _sizes(locks: dict[str, list[Package]]) -> Iterator[tuple[str, dict[str, int]]]:
    """Bytes of each lock's download, by platform: the largest of all Pythons."""
    for target in TARGETS:
        largest = {name: max(bytes_of(packages, target, python) for python in PYTHONS) for name, packages in locks.items()}
        yield target.name, {name: size for name, size in largest.items() if size}


def main() -> None:
    packages = resolve(REQUIREMENTS / "engine.txt")
    torch = next(package for package in packages if package.name == "torch")
    locks = {
        "base": [package for package in packages if not CUDA_ONLY.fullmatch(package.name)],
        "torch": [package for package in packages if CUDA_ONLY.fullmatch(package.name)],
        **{f"torch-{build}": [elsewhere(build, torch)] for build in ELSEWHERE},
        "installer": resolve(REQUIREMENTS / "installer.in"),
    }
    LOCKS.mkdir(exist_ok=True)
    for name, pinned in locks.items():
        (LOCKS / f"{name}.txt").write_text("".join(package.entry() for package in pinned), "utf-8", newline="\n")
    sizes = json.dumps(dict(_sizes(locks)), indent=1) + "\n"
    (LOCKS / "sizes.json").write_text(sizes, "utf-8", newline="\n")
    print(sizes, end="")


if __name__ == "__main__":
    main()
