"""Fetching a checkpoint from a real HTTP server that answers as the hub does: whole, interrupted, offline, gone."""

import dataclasses
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.models import download, weights
from engine.protocol import DownloadModel, ErrorCode, PlatelightError, models
from engine.protocol.licences import Licence, PaidWork
from engine.protocol.model_hashes import HASHES
from engine.protocol.models import ModelInfo

COMMIT = "7e24d68" + "0" * 33
SOME = 10 * 1024 * 1024
BIG = "unet/diffusion_pytorch_model.safetensors"
TINY = ModelInfo(
    name="tiny",
    title="Tiny",
    purpose="tests",
    licence=Licence(weights="a licence", paid=PaidWork.YES),
    family="normalcrafter",
    passes=("normal",),
    hub_id="somebody/tiny",
    files=("model_index.json", "vae/config.json", BIG),
    size_bytes=25_000_000,
)


def safetensors(size: int, fill: int = 0) -> bytes:
    """One tensor of `size` bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes([fill]) * size


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub:
    """Serves `files` under ``/<repo>/resolve/<revision>/<file>``; `requests` are (method, file, range).

    `etags`: in place of the content's SHA-256, None for no ETag. `sends`: other content than what is announced. `stalls`: the big
    file's transfer stops until `stall` is set.
    """

    def __init__(self) -> None:
        self.files = {"model_index.json": b"{}", "vae/config.json": b"{}", BIG: safetensors(24_000_000), "extra.bin": b"pickle"}
        self.requests: list[tuple[str, str, str]] = []
        self.cut_at: int | None = None
        self.etags: dict[str, str | None] = {}
        self.sends: dict[str, bytes] = {}
        self.stall = threading.Event()
        self.stalls = False
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, *, body: bool) -> None:
                match = re.fullmatch(r"/somebody/tiny/resolve/([^/]+)/(.+)", self.path)
                name = match.group(2) if match else ""
                hub.requests.append((self.command, name, self.headers.get("Range", "")))
                if name not in hub.files or match.group(1) not in ("main", COMMIT):
                    self.send_error(404)
                    return
                content = hub.files[name]
                begin = int(re.match(r"bytes=(\d+)-", self.headers["Range"]).group(1)) if "Range" in self.headers else 0
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(content) - begin))
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
                etag = hub.etags.get(name, sha256(content))
                if etag is not None:
                    self.send_header("ETag", f'"{etag}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.end_headers()
                if body:
                    stop, hub.cut_at = (hub.cut_at or len(content)), None
                    sent = hub.sends.get(name, content)[begin:stop]
                    if hub.stalls and name == BIG:
                        self.wfile.write(sent[:1000])
                        self.wfile.flush()
                        hub.stall.wait(120)
                    self.wfile.write(sent)
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.stall.set()
        self.server.shutdown()
        self.server.server_close()

    def begins(self) -> list[int]:
        """The byte that each request for the big file began at."""
        return [int(wanted.removeprefix("bytes=").rstrip("-") or 0) for wanted in self.ranges()]

    def ranges(self) -> list[str]:
        return [wanted for method, name, wanted in self.requests if method == "GET" and name == BIG]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("PLATELIGHT_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setitem(models.MODELS, "tiny", TINY)
    yield hub
    hub.stop()


def fetch(stop_after: int | None = None) -> tuple[Path, list[tuple[int, int]]]:
    """Download; `stop_after` cancels once that many bytes have come."""
    told: list[tuple[int, int]] = []
    cancelled = (lambda: bool(told) and told[-1][0] >= stop_after) if stop_after else (lambda: False)
    folder = weights.download(TINY, on_progress=lambda *so_far: told.append(so_far), cancelled=cancelled)
    return folder, told


def test_a_download_is_whole_and_holds_only_what_is_needed(hub: Hub, tmp_path: Path):
    assert not weights.installed(TINY) and not weights.entry(TINY).installed
    folder, told = fetch()
    assert folder == weights.folder(TINY) == tmp_path / "models" / "tiny"
    assert {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} == set(TINY.files)
    assert all((folder / name).read_bytes() == hub.files[name] for name in TINY.files)
    assert weights.entry(TINY).installed and weights.entry(TINY).folder == str(folder)
    total = sum(len(hub.files[name]) for name in TINY.files)
    assert told[-1] == (total, total) and [done for done, _ in told] == sorted(done for done, _ in told)
    assert not any("extra" in name for _, name, _ in hub.requests)


def test_a_pickle_of_tensors_is_kept_as_safetensors(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As MoGe and Video Depth Anything are published; nothing is fetched again once it is converted."""
    import torch

    golden = Path(__file__).parents[1] / "samples" / "golden" / "moge" / "model.pt"
    bare = dataclasses.replace(TINY, family="moge", files=("model.pt",))
    monkeypatch.setitem(models.MODELS, "tiny", bare)
    hub.files = {"model.pt": golden.read_bytes()}
    folder = weights.download(bare, on_progress=lambda *_: None, cancelled=lambda: False)
    assert [file.name for file in folder.iterdir()] == ["model.safetensors"] and weights.installed(bare)
    weights.check(folder, bare)
    requests = len(hub.requests)
    assert weights.download(bare, on_progress=lambda *_: None, cancelled=lambda: False) == folder and len(hub.requests) == requests
    (folder / "model.safetensors").unlink()
    torch.save({"model": Path("/etc/passwd")}, tmp_path / "other.pt")
    hub.files = {"model.pt": (tmp_path / "other.pt").read_bytes()}
    with pytest.raises(PlatelightError) as caught:
        weights.download(bare, on_progress=lambda *_: None, cancelled=lambda: False)
    assert caught.value.code is ErrorCode.MODEL_INVALID and "model.pt" in caught.value.detail and not weights.installed(bare)


def test_a_cancelled_download_continues_where_it_stopped(hub: Hub):
    with pytest.raises(PlatelightError) as caught:
        fetch(stop_after=SOME)
    assert caught.value.code is ErrorCode.CANCELLED and not weights.installed(TINY)
    folder, _ = fetch()
    assert len(hub.ranges()) == 2 and SOME <= hub.begins()[1] < SOME + (1 << 20)
    assert (folder / BIG).read_bytes() == hub.files[BIG]


def test_a_broken_connection_is_taken_up_again(hub: Hub):
    class CutOnBig(dict):
        def __getitem__(self, name: str) -> bytes:
            hub.cut_at = SOME + 5 if name == BIG and not hub.ranges()[1:] and hub.requests[-1][0] == "GET" else None
            return super().__getitem__(name)

    content = dict(hub.files)
    hub.files = CutOnBig(content)
    folder, _ = fetch()
    assert hub.begins() == [0, SOME + 5]
    assert (folder / BIG).read_bytes() == content[BIG]


def test_a_half_of_other_content_is_not_continued(hub: Hub):
    with pytest.raises(PlatelightError):
        fetch(stop_after=SOME)
    hub.files[BIG] = safetensors(23_000_000, fill=7)
    folder, _ = fetch()
    assert hub.ranges() == ["", ""] and (folder / BIG).read_bytes() == hub.files[BIG]
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("checksum", [sha256, git_sha1], ids=["sha256", "git"])
def test_other_content_of_the_same_size_is_refused(hub: Hub, checksum: Callable[[bytes], str], tmp_path: Path):
    hub.etags["vae/config.json"] = checksum(hub.files["vae/config.json"])
    hub.sends["vae/config.json"] = b"[]"
    with pytest.raises(PlatelightError) as caught:
        fetch()
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED and "vae/config.json" in caught.value.detail
    assert not (tmp_path / "models/tiny/vae/config.json").exists() and not list(tmp_path.rglob("*.part"))
    del hub.sends["vae/config.json"]
    assert (fetch()[0] / "vae/config.json").read_bytes() == b"{}"


@pytest.mark.parametrize("etag", [None, "", "abc", "W/5f", "0" * 63, "g" * 64])
def test_a_file_that_nothing_vouches_for_is_refused(hub: Hub, etag: str | None, tmp_path: Path):
    hub.etags["model_index.json"] = etag
    with pytest.raises(PlatelightError) as caught:
        fetch()
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED and "no checksum for model_index.json" in caught.value.detail
    assert not list(tmp_path.rglob("model_index.json"))


@pytest.fixture
def released(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The table has the hashes of its files, and the commit."""
    known = {name: sha256(hub.files[name]) for name in TINY.files}
    monkeypatch.setattr(models, "HASHES", {"tiny": known})
    monkeypatch.setattr(models, "REVISIONS", {"tiny": COMMIT})
    return known


def test_the_modelss_hash_counts_whatever_the_server_announces(hub: Hub, released: dict[str, str], tmp_path: Path):
    hub.etags = dict.fromkeys(TINY.files)
    assert fetch()[0] == tmp_path / "models" / "tiny"
    (tmp_path / "models/tiny/vae/config.json").unlink()
    hub.files["vae/config.json"] = b"[]"
    for etag, told in ((git_sha1(b"[]"), "did not arrive as it was released"), (sha256(b"[]"), "is not the one that was released")):
        hub.etags["vae/config.json"] = etag
        with pytest.raises(PlatelightError, match=told) as caught:
            fetch()
        assert caught.value.code is ErrorCode.DOWNLOAD_FAILED


def test_a_file_that_was_altered_here_is_fetched_again(
    hub: Hub, released: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    config = fetch()[0] / "vae" / "config.json"
    config.write_bytes(b"[]")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PlatelightError, match=r"vae/config\.json is not as it was released"):
        fetch()
    monkeypatch.delenv("HF_HUB_OFFLINE")
    before = len(hub.ranges())
    fetch()
    assert config.read_bytes() == b"{}" and len(hub.ranges()) == before, "what is right stays"


def test_released_checkpoints_have_their_hashes():
    for name, hashes in HASHES.items():
        assert set(hashes) <= set(models.MODELS[name].files) and len(models.MODELS[name].revision) == 40
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes.values())
    assert set(HASHES["normalcrafter"]) == set(models.NORMALCRAFTER.files)


def test_a_server_that_stalls_is_cancelled_at_once_and_leaves_the_rest_to_the_next_attempt(hub: Hub):
    hub.stalls, cancelled = True, threading.Event()
    job = download.run(DownloadModel(job="1", model="tiny"), cancelled=cancelled.is_set)
    for progress in job:
        if progress.done > 4:
            break
    cancelled.set()
    began = time.monotonic()
    with pytest.raises(PlatelightError) as caught:
        list(job)
    assert caught.value.code is ErrorCode.CANCELLED and time.monotonic() - began < 60, "the server says nothing for 120 s"
    hub.stalls = False
    folder, _ = fetch()
    assert hub.begins() == [0, 1000] and (folder / BIG).read_bytes() == hub.files[BIG]


def test_once_there_no_network_is_needed(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    fetch()
    seen = len(hub.requests)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch()[0] == weights.folder(TINY) and len(hub.requests) == seen


def test_offline_without_weights_says_licence_size_and_folder(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PlatelightError) as caught:
        fetch()
    assert caught.value.code is ErrorCode.OFFLINE and not hub.requests
    assert all(word in caught.value.detail for word in ("a licence", "0.0 GB", str(tmp_path / "models" / "tiny"), BIG))


def test_a_server_that_is_gone(hub: Hub, tmp_path: Path):
    hub.stop()
    with pytest.raises(PlatelightError) as caught:
        fetch()
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
    assert "a licence" in caught.value.detail and str(tmp_path / "models" / "tiny") in caught.value.detail


def test_a_file_the_hub_does_not_have(hub: Hub):
    del hub.files[BIG]
    with pytest.raises(PlatelightError) as caught:
        fetch()
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED and "404" in caught.value.detail


def test_check_names_what_is_wrong(hub: Hub, tmp_path: Path):
    with pytest.raises(PlatelightError) as caught:
        weights.check(tmp_path / "nothing", TINY)
    assert caught.value.code is ErrorCode.MODEL_NOT_INSTALLED
    folder, _ = fetch()
    big = folder / BIG
    whole = big.read_bytes()
    for content in (whole[:-1], b"", b"PK\x03\x04" + whole[4:], whole[:8] + b"x" + whole[9:]):
        big.write_bytes(content)
        with pytest.raises(PlatelightError) as caught:
            weights.check(folder, TINY)
        assert caught.value.code is ErrorCode.MODEL_INVALID and str(big) in caught.value.detail
    big.unlink()
    with pytest.raises(PlatelightError) as caught:
        weights.check(folder, TINY)
    assert caught.value.code is ErrorCode.MODEL_INCOMPLETE and str(big) in caught.value.detail
    big.with_suffix(".bin").write_bytes(b"pickle")
    with pytest.raises(PlatelightError) as caught:
        weights.check(folder, TINY)
    assert caught.value.code is ErrorCode.MODEL_INVALID and str(big.with_suffix(".bin")) in caught.value.detail
    big.with_suffix(".fp16.safetensors").write_bytes(whole)
    weights.check(folder, TINY)


def test_the_hubs_own_cache_serves_too(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    snapshot = tmp_path / "cache" / "models--somebody--tiny" / "snapshots" / COMMIT
    for name in TINY.files:
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).write_bytes(hub.files[name])
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text(COMMIT)
    assert weights.installed(TINY) and weights.folder(TINY) == snapshot
    (snapshot / BIG).unlink()
    assert not weights.installed(TINY) and weights.folder(TINY) == tmp_path / "models" / "tiny"
