"""What does somebody hear who asks too often, or when there is too much to do?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from ipaddress import ip_network

from fastapi import APIRouter, FastAPI
from httpx2 import Response

from credence.service.auth import Scope
from credence.service.demo.server import captured_logs
from tests.service.conftest import Running, Starter
from tests.service.throttle.conftest import at, per_minute, problem_of, with_settings

LIMITED = (429, "/problems/rate-limited")
CHECKPOINT = "/v1/log/checkpoint"


@with_settings(limits=per_minute(reads=2))
def test_public_reads_are_counted_by_address(started: Starter) -> None:
    running = started(["log"])
    one, other = at(running, "192.0.2.1"), at(running, "192.0.2.2")
    first = one.get(CHECKPOINT)
    assert first.headers["ratelimit-policy"] == '"reads";q=2;w=60'
    assert first.headers["ratelimit"] == '"reads";r=1;t=60'
    one.get("/nowhere")
    refused = one.get(CHECKPOINT)
    assert problem_of(refused) == (*LIMITED, "reads")
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("60", '"reads";r=0;t=60')
    assert other.get(CHECKPOINT).status_code != 429
    assert 'credence_limit_refusals_total{limit="reads"} 1.0' in running.services.metrics.text().decode()


@with_settings(limits=per_minute(reads=3))
def test_after_the_wait_that_was_told_it_passes_and_no_sooner(started: Starter) -> None:
    running = started(["log"])
    client = at(running, "192.0.2.1")
    for pause in (0, 7, 11):
        running.clock.forward(pause)
        assert client.get(CHECKPOINT).status_code != 429
    for _ in range(3):
        wait = int(client.get(CHECKPOINT).headers["retry-after"])
        running.clock.forward(wait - 1)
        assert client.get(CHECKPOINT).status_code == 429
        running.clock.forward(1)
        assert client.get(CHECKPOINT).status_code != 429


@with_settings(limits=per_minute(reads=1))
def test_health_is_not_counted(started: Starter) -> None:
    client = at(started(["log"]), "192.0.2.1")
    for _ in range(3):
        assert client.get("/healthz").status_code == 200
        assert client.get("/problems/rate-limited").status_code == 200
        assert client.get("/readyz").status_code in (200, 503)
        assert "ratelimit" not in client.get("/healthz").headers


@with_settings(limits=per_minute(failures=3))
def test_who_guesses_keys_is_not_listened_to_for_a_while(started: Starter) -> None:
    running = started(["auth", "verifier", "log"])
    key = running.key_of("venue.example", Scope.VERIFIER_SESSIONS)
    good, wrong = {"authorization": f"Bearer {key}"}, {"authorization": f"Bearer {key[:-2]}22"}
    guessing, honest = at(running, "192.0.2.1"), at(running, "192.0.2.2")
    path = "/v1/verifier/policies/perp-standard"
    assert guessing.get(path, headers=good).status_code == 404
    for left in (2, 1, 0):
        answer = guessing.get(path, headers=wrong)
        assert (answer.status_code, answer.headers["ratelimit"]) == (401, f'"failures";r={left};t=60')
    assert problem_of(guessing.get(path, headers=wrong)) == (*LIMITED, "failures")
    assert problem_of(guessing.get(path, headers=good)) == (*LIMITED, "failures")  # nobody has looked whether it fits
    assert problem_of(guessing.post("/v1/auth/token")) == (*LIMITED, "failures")
    assert honest.get(path, headers=good).status_code == 404
    assert guessing.get("/v1/verifier/document").status_code == 200  # what needs no key goes on
    running.clock.forward(60)
    assert guessing.get(path, headers=good).status_code == 404


@with_settings(limits=per_minute(failures=2))
def test_a_failed_token_request_counts_as_well(started: Starter) -> None:
    client = at(started(["auth", "log"]), "192.0.2.1")
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "x.y.z",
    }
    answers = [client.post("/v1/auth/token", data=form).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


@with_settings(limits=per_minute(reads=1), trusted_proxies=frozenset())
def test_by_default_nobody_says_for_whom_it_asks(started: Starter) -> None:
    client = at(started(["log"]), "127.0.0.1")
    answers = [client.get(CHECKPOINT, headers={"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in range(2)]
    assert answers[1] == 429


@with_settings(limits=per_minute(reads=1), trusted_proxies=frozenset({ip_network("127.0.0.1")}))
def test_a_proxy_that_is_trusted_says_so(started: Starter) -> None:
    client = at(started(["log"]), "127.0.0.1")
    answers = [client.get(CHECKPOINT, headers={"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in (0, 1, 0)]
    assert [status == 429 for status in answers] == [False, False, True]


@with_settings(limits=per_minute(reads=1, failures=100), log_level="info")
def test_no_log_line_has_an_address(started: Starter) -> None:
    running = started(["log"])
    written = StringIO()
    with captured_logs(written):
        statuses = [at(running, "192.0.2.1").get(CHECKPOINT).status_code for _ in range(2)]
    assert statuses[1] == 429
    assert '"status": 429' in written.getvalue()
    assert "192.0.2.1" not in written.getvalue()


# --- overload ---


class Slow:
    """A route that answers when it is told to."""

    def __init__(self) -> None:
        self.arrived, self.release = threading.Semaphore(0), threading.Event()

    def extend(self, app: FastAPI) -> None:
        router = APIRouter()
        router.add_api_route("/slow", self._answer, methods=["GET"], operation_id="slow")
        app.include_router(router)

    def _answer(self) -> str:
        self.arrived.release()
        assert self.release.wait(10)
        return "done"


@with_settings(limits=per_minute(), concurrency=1, queue_length=1, queue_ms=10_000)
def test_too_many_are_told_so_at_once_and_health_goes_on(started: Starter) -> None:
    slow = Slow()
    running = started(["log"], slow.extend)
    client = running.client
    with ThreadPoolExecutor(2) as pool:
        inside = pool.submit(client.get, "/slow")
        assert slow.arrived.acquire(timeout=5)
        queued = pool.submit(client.get, "/slow")
        refused = _until_refused(running)
        assert problem_of(refused) == (503, "/problems/overloaded", None)
        assert int(refused.headers["retry-after"]) in (1, 2, 3)
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code in (200, 503)
        assert client.get("/readyz").json().get("type") != "/problems/overloaded"
        assert client.get("/problems/overloaded").json()["status"] == 503
        slow.release.set()
        assert (inside.result().status_code, queued.result().status_code) == (200, 200)
    assert client.get("/slow").status_code == 200


def _until_refused(running: Running) -> Response:
    """The queue is full a moment after the second request was sent; until then the door refuses this one."""
    for _ in range(1_000):
        answer = running.client.post("/slow", content=b"not json")
        if answer.status_code == 503:
            return answer
        assert answer.status_code == 415
    raise AssertionError("nobody was refused")


@with_settings(limits=per_minute(), concurrency=1, queue_length=5, queue_ms=50)
def test_nobody_waits_longer_than_is_set(started: Starter) -> None:
    slow = Slow()
    client = started(["log"], slow.extend).client
    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(client.get, "/slow")
        assert slow.arrived.acquire(timeout=5)
        assert problem_of(client.get("/slow")) == (503, "/problems/overloaded", None)
        slow.release.set()
        assert inside.result().status_code == 200
    assert client.get("/slow").status_code == 200
