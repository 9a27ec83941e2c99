"""Downloads from a server that truncates, stalls, fails and returns wrong files."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from scgsfm import _fetch
from scgsfm._fetch import fetch
from scgsfm.errors import ChecksumError, DownloadError
from scgsfm.models._locate import find

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.conftest import Server

    from scgsfm.settings import Settings

BODY = bytes(range(256)) * 400
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "PAUSE", 0.01)


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "TIMEOUT", (5.0, 0.5))


@pytest.fixture
def good(server: Server) -> Server:
    server.files["/f.bin"] = BODY
    return server


def cached_files(settings: Settings) -> list[str]:
    """All files in the cache."""
    return sorted(p.name for p in settings.cache_dir.rglob("*") if p.is_file())


@pytest.mark.parametrize("sha256", [None, SHA, SHA.upper()])
def test_download_then_cache(good: Server, own_settings: Settings, sha256: str | None) -> None:
    path = fetch([f"{good.url}/f.bin"], "a/b/f.bin", sha256=sha256)
    assert path == own_settings.cache_dir / "a/b/f.bin"
    assert path.read_bytes() == BODY
    assert cached_files(own_settings) == ["f.bin"]
    assert fetch([f"{good.url}/f.bin"], "a/b/f.bin", sha256=sha256) == path
    assert good.requests["/f.bin"] == 1


def test_default_permissions(good: Server, tmp_path: Path) -> None:
    default = tmp_path / "default"
    default.touch()
    path = fetch([f"{good.url}/f.bin"], "f.bin")
    assert path.stat().st_mode == default.stat().st_mode


def test_query_and_redirect(good: Server) -> None:
    good.redirects["/get?name=f"] = "/f.bin"
    assert fetch([f"{good.url}/get?name=f"], "f.bin", sha256=SHA).read_bytes() == BODY


def test_redirect_to_another_host(good: Server) -> None:
    good.redirects["/get"] = good.url.replace("127.0.0.1", "localhost") + "/f.bin"
    assert fetch([f"{good.url}/get"], "f.bin", sha256=SHA).read_bytes() == BODY


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/f.bin", "data:text/plain,x"])
def test_redirect_to_another_scheme(good: Server, own_settings: Settings, target: str) -> None:
    good.redirects["/get"] = target
    with pytest.raises(DownloadError, match=rf"redirects from http to {target.partition(':')[0]}, which is refused"):
        fetch([f"{good.url}/get"], "f.bin")
    assert good.requests["/get"] == 1, "it is not tried again"
    assert cached_files(own_settings) == []


@pytest.mark.parametrize(("old", "new", "fine"), [("https", "http", False), ("http", "https", True)])
def test_redirect_from_https_to_http(old: str, new: str, fine: bool) -> None:
    import requests

    response = requests.Response()
    response.status_code, response.url = 302, f"{old}://host.invalid/f"
    response.headers["Location"] = f"{new}://host.invalid/f"
    if fine:
        assert _fetch._without_downgrade(response) is response
    else:
        with pytest.raises(requests.exceptions.InvalidSchema, match="from https to http, which is refused"):
            _fetch._without_downgrade(response)


def test_redirects_without_end(good: Server, own_settings: Settings) -> None:
    good.redirects |= {"/a": "/b", "/b": "/a"}
    with pytest.raises(DownloadError, match="/a: it redirects more than 30 times"):
        fetch([f"{good.url}/a"], "f.bin")
    assert good.requests["/a"] == 16, "it is not tried again"
    assert cached_files(own_settings) == []


IN_A_PROCESS = """
import resource, sys
import scgsfm
from scgsfm import _fetch
url, cache, limit = sys.argv[1:]
_fetch.PAUSE = 0.01
scgsfm.settings.cache_dir = cache
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    print(len(_fetch.fetch([url], "a/f.bin").read_bytes()))
except scgsfm.errors.DownloadError as error:
    print(error)
"""


def in_processes(url: str, cache: Path, *, n: int = 1, limit: int = 0) -> list[str]:
    """What processes that fetch the file print."""
    command = [sys.executable, "-c", IN_A_PROCESS, url, str(cache), str(limit)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    return [process.communicate(timeout=120)[0] for process in running]


def test_two_processes_at_once(good: Server, own_settings: Settings) -> None:
    good.files["/f.bin"] = BODY * 50
    printed = in_processes(f"{good.url}/f.bin", own_settings.cache_dir, n=2)
    assert printed == [f"{len(BODY * 50)}\n"] * 2
    assert (own_settings.cache_dir / "a/f.bin").read_bytes() == BODY * 50
    assert cached_files(own_settings) == ["f.bin"]


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_full_disk(good: Server, own_settings: Settings) -> None:
    """The system refuses to write more than half of the file."""
    (printed,) = in_processes(f"{good.url}/f.bin", own_settings.cache_dir, limit=50_000)
    assert "f.bin could not be written: [Errno 27] File too large" in printed
    assert "SCGSFM_CACHE" in printed
    assert cached_files(own_settings) == []
    assert good.requests["/f.bin"] == 1


def test_failed_downloads_start_again(good: Server) -> None:
    """Parts are not resumed: those of two answers could be of two versions of the file."""
    good.faults["/f.bin"] = ["truncate"]
    heads: list[dict[str, str]] = []
    answer = good.answer
    good.answer = lambda handler: (heads.append(dict(handler.headers)), answer(handler))[1]  # type: ignore[method-assign]
    assert fetch([f"{good.url}/f.bin"], "f.bin", sha256=SHA).read_bytes() == BODY
    assert [head.get("Range") for head in heads] == [None, None]


def test_temporary_files_of_killed_processes_are_removed(good: Server, own_settings: Settings) -> None:
    """Those of two days ago; newer ones may belong to a running process, even if the clock was set by a day."""
    own_settings.cache_dir.mkdir()
    for name, age in (("tmpab12cd_3", 180_000), ("tmpxyzabcde", 90_000), ("tmp-of-mine", 180_000)):
        (own_settings.cache_dir / name).write_bytes(b"part")
        os.utime(own_settings.cache_dir / name, (time.time() - age,) * 2)
    fetch([f"{good.url}/f.bin"], "f.bin")
    assert cached_files(own_settings) == ["f.bin", "tmp-of-mine", "tmpxyzabcde"]


@pytest.mark.parametrize("fault", ["truncate", "stall", 500, 503, 429])
def test_temporary_fault_is_retried(good: Server, short_timeout: None, fault: int | str) -> None:
    good.faults["/f.bin"] = [fault, fault]
    assert fetch([f"{good.url}/f.bin"], "f.bin").read_bytes() == BODY
    assert good.requests["/f.bin"] == 3


def test_a_byte_at_a_time_ends(good: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "PATIENCE", 0.3)
    good.faults["/f.bin"] = ["trickle"] * 3
    start = time.monotonic()
    with pytest.raises(DownloadError, match=r"only \d+ bytes arrived in 0\.3 seconds"):
        fetch([f"{good.url}/f.bin"], "f.bin")
    assert time.monotonic() - start < 10
    assert good.requests["/f.bin"] == 3
    assert cached_files(own_settings) == []


def test_text_without_length_that_ends_within_a_line(server: Server, own_settings: Settings) -> None:
    text = b"".join(b"set%d\tna\tCD4\tCD8A\n" % i for i in range(200))
    server.files["/sets.gmt"] = text + b"!"  # half of it ends within a line
    server.faults["/sets.gmt"] = ["no length"] * 3
    with pytest.raises(DownloadError, match="ends within a line, so it may be cut short"):
        fetch([f"{server.url}/sets.gmt"], "sets.gmt")
    assert cached_files(own_settings) == []
    server.files["/sets.gmt"] = text + text
    server.faults["/sets.gmt"] = ["no length"]
    assert fetch([f"{server.url}/sets.gmt"], "sets.gmt").read_bytes() == text


def test_slow_but_steady_downloads_have_a_deadline(good: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "PATIENCE", 0.2)
    monkeypatch.setattr(_fetch, "MIN_RATE", 0)
    monkeypatch.setattr(_fetch, "DEADLINE", 0.3)
    good.faults["/f.bin"] = ["trickle"] * 3
    with pytest.raises(DownloadError, match="it took more than 0 seconds"):
        fetch([f"{good.url}/f.bin"], "f.bin")


def test_body_without_end(good: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "MAX_BYTES", 10**6)
    good.faults["/f.bin"] = ["endless"]
    with pytest.raises(DownloadError, match="more than the 1,000,000 bytes arrived"):
        fetch([f"{good.url}/f.bin"], "f.bin")
    assert good.requests["/f.bin"] == 1, "it is not tried again"
    assert cached_files(own_settings) == []


def test_body_that_unpacks_to_much_more(good: Server, own_settings: Settings) -> None:
    good.files["/f.bin"] = gzip.compress(bytes(10**7))
    good.headers["/f.bin"] = {"Content-Encoding": "gzip"}
    with pytest.raises(DownloadError, match="more than the .* bytes arrived"):
        fetch([f"{good.url}/f.bin"], "f.bin")
    assert cached_files(own_settings) == []


@pytest.mark.parametrize(
    ("fault", "reason", "requests"),
    [
        ("truncate", "", 3),
        ("stall", "Read timed out", 3),
        (500, "500 Internal Server Error", 3),
        (404, "404 Not Found", 1),
        (403, "403 Forbidden", 1),
        ("page", "web page", 1),
    ],
)
def test_permanent_fault(
    good: Server, own_settings: Settings, short_timeout: None, fault: int | str, reason: str, requests: int
) -> None:
    good.faults["/f.bin"] = [fault] * 9
    start = time.monotonic()
    with pytest.raises(DownloadError) as error:
        fetch([f"{good.url}/f.bin"], "models/f.bin")
    assert time.monotonic() - start < 10
    assert f"{good.url}/f.bin: " in str(error.value)
    assert reason in str(error.value)
    assert str(own_settings.cache_dir / "models" / "f.bin") in str(error.value)
    assert "SCGSFM_CACHE" in str(error.value)
    assert good.requests["/f.bin"] == requests
    assert cached_files(own_settings) == []


def test_truncation_is_detected_without_the_http_library(good: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older HTTP libraries accept a truncated body."""
    import pooch

    def half(self: Any, url: str, output_file: Any, pooch_: None) -> None:
        import requests

        requests.get(url, **self.kwargs)
        output_file.write(BODY[:100])

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", half)
    with pytest.raises(DownloadError, match="only 100 of 102,400 bytes"):
        fetch([f"{good.url}/f.bin"], "f.bin")


def test_wrong_checksum(good: Server, own_settings: Settings) -> None:
    good.files["/f.bin"] = BODY[::-1]
    with pytest.raises(ChecksumError, match=SHA) as error:
        fetch([f"{good.url}/f.bin"], "f.bin", sha256=SHA)
    assert f"{good.url}/f.bin" in str(error.value)
    assert good.requests["/f.bin"] == 1
    assert cached_files(own_settings) == []


def test_checksum_of_the_hub(good: Server, own_settings: Settings) -> None:
    """The hub reports the SHA-256 of a large file in the redirect to it."""
    good.redirects["/resolve"] = "/f.bin"
    good.headers["/resolve"] = {"X-Linked-Etag": f'"{SHA}"'}
    assert fetch([f"{good.url}/resolve"], "whole.bin").read_bytes() == BODY
    good.files["/f.bin"] = BODY[::-1]
    with pytest.raises(ChecksumError, match="wrong SHA-256"):
        fetch([f"{good.url}/resolve"], "wrong.bin")
    assert cached_files(own_settings) == ["whole.bin"]


def test_urls_are_tried_in_order(good: Server) -> None:
    good.files["/wrong"] = b"other"
    urls = [f"{good.url}/absent", f"{good.url}/wrong", f"{good.url}/f.bin"]
    assert fetch(urls, "f.bin", sha256=SHA).read_bytes() == BODY
    assert dict(good.requests) == {"/absent": 1, "/wrong": 1, "/f.bin": 1}


def test_each_url_is_reported_with_its_reason(good: Server) -> None:
    good.files["/wrong"] = b"other"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/f"
        with pytest.raises(DownloadError) as error:
            fetch([f"{good.url}/absent", f"{good.url}/wrong", closed], "f.bin", sha256=SHA)
    assert not isinstance(error.value, ChecksumError)
    lines = str(error.value).splitlines()
    assert [line.split(": ")[0].strip() for line in lines[1:4]] == [f"{good.url}/absent", f"{good.url}/wrong", closed]
    assert "404" in lines[1]
    assert "wrong SHA-256" in lines[2]
    assert "refused" in lines[3]
    assert "HTTPConnection" not in lines[3]


def test_mirrors_come_first(good: Server, own_settings: Settings) -> None:
    good.files["/mirror/path/f.bin"] = BODY
    own_settings.mirrors = [f"{good.url}/broken", f"{good.url}/mirror/"]
    assert fetch(["https://host.invalid/path/f.bin"], "f.bin").read_bytes() == BODY
    assert list(good.requests) == ["/broken/path/f.bin", "/mirror/path/f.bin"]


def test_url_is_tried_after_its_mirrors(good: Server, own_settings: Settings) -> None:
    own_settings.mirrors = [f"{good.url}/broken"]
    assert fetch([f"{good.url}/f.bin"], "f.bin").read_bytes() == BODY


def test_offline(good: Server, own_settings: Settings) -> None:
    own_settings.offline = True
    with pytest.raises(DownloadError, match="offline") as error:
        fetch([f"{good.url}/f.bin"], "f.bin")
    assert f"{good.url}/f.bin" in str(error.value)
    assert str(own_settings.cache_dir / "f.bin") in str(error.value)
    assert not good.requests
    assert not own_settings.cache_dir.exists()


@pytest.mark.parametrize("sha256", [None, SHA])
def test_file_placed_by_hand(good: Server, own_settings: Settings, sha256: str | None) -> None:
    own_settings.offline = True
    file = own_settings.cache_dir / "models" / "f.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(BODY)
    assert fetch([f"{good.url}/f.bin"], "models/f.bin", sha256=sha256) == file
    assert not good.requests


def test_damaged_file_is_replaced_or_refused(good: Server, own_settings: Settings) -> None:
    own_settings.cache_dir.mkdir()
    file = own_settings.cache_dir / "f.bin"
    file.write_bytes(BODY[:50])
    own_settings.offline = True
    with pytest.raises(ChecksumError, match="damaged") as error:
        fetch([f"{good.url}/f.bin"], "f.bin", sha256=SHA)
    assert str(file) in str(error.value)
    own_settings.offline = False
    with pytest.raises(DownloadError):
        fetch([f"{good.url}/absent"], "f.bin", sha256=SHA)
    assert file.read_bytes() == BODY[:50]
    assert fetch([f"{good.url}/f.bin"], "f.bin", sha256=SHA).read_bytes() == BODY


def test_parallel_downloads(good: Server, own_settings: Settings) -> None:
    good.files["/f.bin"] = BODY * 20
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: fetch([f"{good.url}/f.bin"], "a/f.bin"), range(8)))
    assert {path.read_bytes() for path in paths} == {BODY * 20}
    assert cached_files(own_settings) == ["f.bin"]


@pytest.mark.parametrize("path", ["../f", "/etc/f", "a/../../f", ""])
def test_path_outside_the_cache(own_settings: Settings, path: str) -> None:
    with pytest.raises(ValueError, match="inside the cache"):
        fetch(["http://127.0.0.1:1/f"], path)


def test_unknown_protocol(own_settings: Settings) -> None:
    with pytest.raises(DownloadError, match="ftq"):
        fetch(["ftq://127.0.0.1/f"], "f.bin")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_read_only_cache(good: Server, own_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    own_settings.cache_dir = tmp_path / "file" / "cache"
    with pytest.raises(DownloadError, match="could not be written") as error:
        fetch([f"{good.url}/f.bin"], "f.bin")
    assert "SCGSFM_CACHE" in str(error.value)


def test_progress_bar(good: Server, own_settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    own_settings.verbosity = 1
    fetch([f"{good.url}/f.bin"], "f.bin")
    assert "100%" in capfd.readouterr().err
    own_settings.verbosity = 0
    fetch([f"{good.url}/f.bin"], "g.bin")
    assert capfd.readouterr().err == ""


HUB_FILES = ("config.json", "vocab.txt", "model.safetensors")


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_mode_of_the_hub(
    good: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("HF_ENDPOINT", good.url)
    with pytest.raises(DownloadError, match=rf"offline mode \({variable}\) is on"):
        find("owner/model")
    assert not good.requests
    fetch([f"{good.url}/f.bin"], "f.bin")  # files of other sites
    monkeypatch.setenv(variable, "0")
    with pytest.raises(DownloadError, match="404"):
        find("owner/model")


def test_endpoint_of_the_hub(good: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in HUB_FILES:
        good.files[f"/hub/owner/model/resolve/main/{file}"] = b"{}"
    monkeypatch.setenv("HF_ENDPOINT", f"{good.url}/hub/")
    assert find("owner/model").directory == own_settings.cache_dir / "models/owner/model"
    assert len(good.requests) == len(HUB_FILES)
    monkeypatch.setenv("HF_ENDPOINT", "mirror.example")
    with pytest.raises(ValueError, match=r"HF_ENDPOINT .* found 'mirror.example'"):
        find("owner/other")


def test_proxy(good: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    good.files["http://hub.invalid/f.bin"] = BODY
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", good.url)
    assert fetch(["http://hub.invalid/f.bin"], "f.bin").read_bytes() == BODY
