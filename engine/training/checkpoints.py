"""Where training stands, in one safetensors file: it can be gone on from after any stop."""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn, optim


def write_state(path: Path, *, networks: dict[str, nn.Module], optimizer: optim.Optimizer, numbers: dict[str, float]) -> None:
    """Writes networks, optimizer and a few numbers beside `path`, then renames: the last good file stays until then."""
    tensors = {f"{name}.{key}": value for name, network in networks.items() for key, value in network.state_dict().items()} | {
        f"optimizer.{index}.{key}": value
        for index, entry in optimizer.state_dict()["state"].items()
        for key, value in entry.items()
    }
    beside = path.with_suffix(".part")
    save_file(
        {name: value.contiguous() for name, value in tensors.items()},
        beside,
        {name: repr(value) for name, value in numbers.items()},
    )
    beside.replace(path)


def read_state(path: Path, *, networks: dict[str, nn.Module], optimizer: optim.Optimizer) -> dict[str, float]:
    """Puts what `write_state` wrote back into networks and optimizer; gives the numbers.

    Raises:
        RuntimeError: if a network is of another size than the file.
    """
    with safe_open(str(path), framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        numbers = {name: float(value) for name, value in file.metadata().items()}
    for name, network in networks.items():
        network.load_state_dict({key: tensors[f"{name}.{key}"] for key in network.state_dict()})
    entries: dict[int, dict] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            entries.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict(optimizer.state_dict() | {"state": entries})
    return numbers
