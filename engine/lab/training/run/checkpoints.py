"""Where training stands, in one safetensors file: it can be gone on from after any stop."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn, optim

from ....models.tensors import write as write_tensors

OPTIMIZER = "optimizer."


def write_state(path: Path, *, networks: dict[str, nn.Module], optimizer: optim.Optimizer, numbers: dict[str, float]) -> None:
    """Write networks, optimizer and a few numbers. The last good file stays until the new one is whole.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    tensors = {f"{name}.{key}": value for name, network in networks.items() for key, value in network.state_dict().items()} | {
        f"{OPTIMIZER}{name}": value for name, value in optimizer_tensors(optimizer).items()
    }
    write_tensors(path, tensors, metadata={name: repr(value) for name, value in numbers.items()})


def read_state(path: Path, *, networks: dict[str, nn.Module], optimizer: optim.Optimizer) -> dict[str, float]:
    """Put what `write_state` wrote back into networks and optimizer; gives the numbers.

    Raises:
        RuntimeError: if a network is of another size than the file.
    """
    with safe_open(str(path), framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        numbers = {name: float(value) for name, value in file.metadata().items()}
    for name, network in networks.items():
        network.load_state_dict({key: tensors[f"{name}.{key}"] for key in network.state_dict()})
    moments = {name.removeprefix(OPTIMIZER): value for name, value in tensors.items() if name.startswith(OPTIMIZER)}
    optimizer.load_state_dict(optimizer.state_dict() | {"state": optimizer_entries(moments)})
    return numbers


def optimizer_tensors(optimizer: optim.Optimizer) -> dict[str, Tensor]:
    """Return its moments and step counts, by ``<index of the parameter>.<name>``."""
    entries = optimizer.state_dict()["state"]
    return {f"{index}.{key}": torch.as_tensor(value) for index, entry in entries.items() for key, value in entry.items()}


def optimizer_entries(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """Return what `optimizer_tensors` gave, as the ``state`` of an optimizer."""
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".")
        entries.setdefault(int(index), {})[key] = value
    return entries
