"""Fetching weights from a server of our own on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

import miniatures
from facefusion.errors import DiskFull, DownloadFailed, ModelError, ModelInvalid, OutputFailed, UsageError
from facefusion.models import ModelStore, card_named, pulling, store, writing
from facefusion.models.lock import Lock
from facefusion.models.network import Network, address_of
from facefusion.models.pulling import pull
from facefusion.models.store import sha256_of

NAME, FILE = "crossface_ghost", "crossface_ghost.onnx"


class Server(ThreadingHTTPServer):
    """Serves one file. answer: what a request gets; asked: the Range of every request."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.asked = content, list[str]()
        self.stop_after: int | None = None
        self.answer: Callable[[Any], bool] | None = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/models"


class Handler(BaseHTTPRequestHandler):
    """GET with Range and ETag."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.headers["Range"] or "")
        if server.answer is not None and server.answer(self):
            return
        content, start = server.content, 0
        tag = hashlib.sha256(content).hexdigest()[:8]
        if self.headers["Range"] and self.headers["If-Range"] == tag:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(content[start:][: server.stop_after])

    def log_message(self, *_: Any) -> None:
        pass


def page(handler: Any) -> bool:
    body = b"<!DOCTYPE html><html>please log in</html>"
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    return True


def gone(handler: Any) -> bool:
    handler.send_error(404)
    return True


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return miniatures.converter(tmp_path_factory.mktemp("made") / FILE).read_bytes()


@pytest.fixture
def server(content: bytes) -> Iterator[Server]:
    found = Server(content)
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def own(tmp_path: Path) -> ModelStore:
    return ModelStore((tmp_path / "models",))


def network(server: Server, **values: Any) -> Network:
    return Network((server.address,), timeout_seconds=5, **values)


@pytest.fixture(autouse=True)
def nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards without their public addresses: the mirror alone is there."""
    monkeypatch.setattr(store, "card_named", lambda name: replace(card_named(name), addresses=()))


def left(own: ModelStore) -> set[str]:
    return {path.name for path in own.folders[0].iterdir() if not path.name.endswith(".busy")}


def test_a_model_is_fetched_checked_and_written_down(server: Server, own: ModelStore) -> None:
    heard: list[tuple[int, int]] = []
    place = pull(own, NAME, network(server), told=lambda here, total: heard.append((here, total)))
    assert place.read_bytes() == server.content
    assert heard[-1] == (len(server.content), len(server.content))
    entry = Lock(own.folders[0]).entries()[FILE]
    assert (entry.how, entry.sha256) == ("pull", sha256_of(place))
    assert entry.address == f"{server.address}/{FILE}"
    assert pull(own, NAME, network(server)) == place
    assert len(server.asked) == 1
    assert left(own) == {FILE, "facefusion-models.lock"}


def test_it_goes_on_where_it_stopped(server: Server, own: ModelStore) -> None:
    server.stop_after = 300_000
    with pytest.raises(DownloadFailed, match=r"ended after 300000 of .*300 kB are here: run it again to go on"):
        pull(own, NAME, network(server))
    assert not (own.folders[0] / FILE).exists()
    server.stop_after = None
    assert pull(own, NAME, network(server)).read_bytes() == server.content
    assert server.asked == ["", "bytes=300000-"]


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(server: Server, own: ModelStore) -> None:
    server.stop_after = 300_000
    with pytest.raises(DownloadFailed):
        pull(own, NAME, network(server))
    server.stop_after, server.content = None, server.content + b"\x12\x01x"
    assert pull(own, NAME, network(server)).read_bytes() == server.content


@pytest.mark.parametrize(
    ("answer", "says"),
    [(page, "is a web page, not a model"), (gone, "answered 404")],
)
def test_a_wrong_answer_is_told_and_nothing_appears(
    server: Server, own: ModelStore, answer: Callable[[Any], bool], says: str
) -> None:
    server.answer = answer
    with pytest.raises(DownloadFailed, match=says) as caught:
        pull(own, NAME, network(server))
    assert "\n" not in str(caught.value)
    assert FILE not in left(own)


def test_the_next_mirror_is_tried(server: Server, own: ModelStore) -> None:
    dead = "http://127.0.0.1:9/none"
    assert pull(own, NAME, Network((dead, server.address), timeout_seconds=5)).is_file()
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1:9: cannot be reached"):
        pull(ModelStore((own.folders[0] / "other",)), NAME, Network((dead,), timeout_seconds=5))


def test_another_content_than_the_cards_is_thrown_away(
    server: Server, own: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "card_named", lambda name: replace(card_named(name), addresses=(), sha256="0" * 64))
    with pytest.raises(ModelInvalid, match="sent another file"):
        pull(own, NAME, network(server))
    assert left(own) <= {f".{FILE}.mark"}


def test_two_pulls_at_once_fetch_it_once(server: Server, own: ModelStore) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(pull(own, NAME, network(server)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(server.asked) == 1


def test_offline_a_full_disk_and_an_open_licence(
    server: Server, own: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadFailed, match="--offline forbids"):
        pull(own, NAME, network(server, offline=True))
    with pytest.raises(ModelError, match=r"forbids commercial use.*--accept-licence"):
        pull(own, "simswap_256", network(server))
    with pytest.raises(UsageError, match=r"obtain it yourself from .*models import FILE --as"):
        pull(own, "modnet", Network())
    with pytest.raises(UsageError, match="supported are http and https"):
        pull(own, NAME, Network(("file:///etc",)))
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
    with pytest.raises(DiskFull, match="1 MB are free"):
        pull(own, NAME, network(server))
    assert not server.asked[1:]


def test_what_stands_in_the_way_of_writing_is_told(
    server: Server, own: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pulling, "_copy", full)
    with pytest.raises(DiskFull, match="is full; make room and run it again"):
        pull(own, NAME, network(server))


def test_a_proxy_is_used(server: Server, own: ModelStore) -> None:
    proxy = server.address.removesuffix("/models")
    assert pull(own, NAME, Network(("http://models.invalid/zoo",), proxy=proxy, timeout_seconds=5)).is_file()


@pytest.mark.parametrize(
    "mirror", ["http://", "nonsense", "http://[::1", "http://here:port/x", "http://a b/x", "ftp://here/x"]
)
def test_what_is_no_address_is_refused_before_anything_is_asked(mirror: str, own: ModelStore) -> None:
    with pytest.raises(UsageError, match="cannot be fetched from; supported are http and https"):
        pull(own, NAME, Network((mirror,)))
    assert not own.folders[0].exists()


@pytest.mark.parametrize("proxy", ["socks5://here:1080", "http://", "here:port"])
def test_what_is_no_proxy_is_refused(proxy: str, own: ModelStore) -> None:
    with pytest.raises(UsageError, match="supported are addresses like http://HOST:PORT"):
        pull(own, NAME, Network(("http://models.invalid/zoo",), proxy=proxy))


def test_a_proxy_that_does_not_answer_is_named_without_its_password(own: ModelStore) -> None:
    net = Network(("http://models.invalid/zoo",), proxy="http://me:secret@127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"through the proxy http://127\.0\.0\.1:9") as caught:
        pull(own, NAME, net)
    assert "secret" not in str(caught.value)


def test_a_login_reaches_the_mirror_and_nobody_else(server: Server, own: ModelStore) -> None:
    heard: list[tuple[str, str | None]] = []

    def elsewhere(handler: Any) -> bool:
        heard.append((handler.path, handler.headers["Authorization"]))
        if "moved" in handler.path:
            return False
        handler.send_response(302)
        handler.send_header("Location", f"{server.address}/moved/{FILE}")
        handler.end_headers()
        return True

    server.answer = elsewhere
    mirror = server.address.replace("http://", "http://me:se%20cret@") + "/?key=1"
    pull(own, NAME, Network((mirror,), timeout_seconds=5))
    assert heard == [(f"/models/{FILE}?key=1", "Basic bWU6c2UgY3JldA=="), (f"/models/moved/{FILE}", None)]
    assert Lock(own.folders[0]).entries()[FILE].address == f"{server.address}/{FILE}"


def test_nothing_leads_from_https_to_http() -> None:
    moved = SimpleNamespace(read=lambda: b"", close=lambda: None)
    (redirects,) = (one for one in Network().opener().handle_error["http"][302] if hasattr(one, "redirect_request"))
    request = address_of("https://here/x.onnx").request()
    with pytest.raises(OSError, match="leads from https to an address without"):
        redirects.redirect_request(request, moved, 302, "", {}, "http://here/x.onnx")
    assert (
        redirects.redirect_request(request, moved, 302, "", {}, "https://there/x.onnx").full_url
        == "https://there/x.onnx"
    )


def test_pieces_are_kept_as_they_come(server: Server, own: ModelStore) -> None:
    """Whoever stops in the middle of a slow megabyte does not fetch it again."""
    sent = threading.Event()

    def slowly(handler: Any) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(server.content)))
        handler.send_header("ETag", hashlib.sha256(server.content).hexdigest()[:8])
        handler.end_headers()
        handler.wfile.write(server.content[:100_000])
        handler.wfile.flush()
        sent.wait(5)
        return True

    def stop(here: int, total: int) -> None:
        if here >= 100_000:
            sent.set()
            raise KeyboardInterrupt

    server.answer = slowly
    with pytest.raises(KeyboardInterrupt):
        pull(own, NAME, network(server), told=stop)
    server.answer = None
    pull(own, NAME, network(server))
    assert server.asked == ["", "bytes=100000-"]


def test_whoever_waits_for_another_pull_is_told(server: Server, own: ModelStore) -> None:
    own.folders[0].mkdir()
    other = FileLock(own.folders[0] / f".{FILE}.busy")
    other.acquire()
    told: list[str] = []

    def waiting() -> None:
        told.append("waits")
        other.release()

    assert pull(own, NAME, network(server), waiting=waiting).is_file()
    assert told == ["waits"]


def test_a_folder_that_is_none_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "models"):
        with pytest.raises(OutputFailed, match="is no folder; name another folder with FACEFUSION_MODELS"):
            pull(ModelStore((folder,)), NAME, network(server))


def test_a_damaged_file_says_how_to_fetch_it_again(server: Server, own: ModelStore) -> None:
    place = pull(own, NAME, network(server))
    data = bytearray(place.read_bytes())
    data[5000] ^= 1
    place.write_bytes(bytes(data))
    with pytest.raises(ModelInvalid, match="models remove crossface_ghost` makes room for it"):
        pull(own, NAME, network(server))
    own.remove(NAME)
    assert pull(own, NAME, network(server)).read_bytes() == server.content
