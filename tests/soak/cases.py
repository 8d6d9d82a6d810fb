"""Requests to fuzz with: what schemathesis draws from the OpenAPI document, alone and around what is really there."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core import NOT_SET

from tests.service.auth.premises import Sample
from tests.soak.wire import Sent

JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        ["", "\x00", "\ud800", "‮gnirts", "0" * 4_000, "-0", "1e309", "true", "null", "../../x", "' OR 1=1 --", "%s"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True)
class Kind:
    """One way to draw cases of one operation."""

    name: str
    strategy: st.SearchStrategy[Case]


def kinds(operation: Any, sample: Sample) -> Iterator[Kind]:
    """Every way: data that fits and data that does not, for any object and for one that exists, and a good body spoiled."""
    for mode in GenerationMode:
        yield Kind(mode.value, operation.as_strategy(mode))
        if sample.path:
            yield Kind(f"{mode.value}, existing", operation.as_strategy(mode, path_parameters=dict(sample.path)))
    good = sample.form if sample.body is None else sample.body
    if good is not None:
        yield Kind("spoiled", spoiled(good).map(lambda body: _case(operation, sample, body)))
    if sample.query or sample.path:
        yield Kind("as it should be", st.just(_case(operation, sample, NOT_SET if good is None else good)))


def _case(operation: Any, sample: Sample, body: Any) -> Case:
    media = "application/x-www-form-urlencoded" if sample.form is not None else "application/json"
    case: Case = operation.Case(
        path_parameters=dict(sample.path),
        query=dict(sample.query),
        headers=dict(sample.headers),
        body=body,
        media_type=None if body is NOT_SET else media,
    )
    return case


def spoiled(good: Any) -> st.SearchStrategy[Any]:
    """``good`` with one to three places replaced, removed, repeated or added to."""

    @st.composite
    def draw_spoiled(draw: st.DrawFn) -> Any:
        body = copy.deepcopy(good)
        for _ in range(draw(st.integers(1, 3))):
            places = list(_places(body))
            if not places:
                break
            holder, key = draw(st.sampled_from(places))
            match draw(st.sampled_from(["replace", "remove", "nest", "add"])):
                case "remove":
                    del holder[key]
                case "nest":
                    holder[key] = [holder[key]]
                case "add" if isinstance(holder, dict):
                    holder[draw(st.text(min_size=1, max_size=20))] = draw(JSON)
                case _:
                    holder[key] = draw(JSON)
        return body

    return draw_spoiled()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def drawn(kind: Kind, number: int, most: int, send: Callable[[Case], None]) -> None:
    """Hands up to ``most`` cases to ``send``; the same ones for the same ``number``."""

    @seed(number)
    @settings(
        max_examples=most, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=kind.strategy)
    def each(case: Case) -> None:
        send(case)

    try:
        each()
    except Unsatisfiable:  # nothing about this operation can be wrong, or right, in this way
        return


def on_the_wire(case: Case, extra: Mapping[str, str]) -> Sent | None:
    """The request as bytes; None where HTTP has no way to say it."""
    made = case.as_transport_kwargs(base_url="http://127.0.0.1")
    if case.media_type == "application/json" and "json" in made:
        made.pop("data", None)
    fields = {"method", "url", "headers", "params", "data", "json", "files", "cookies"}
    try:
        request = requests.Request(**{name: value for name, value in made.items() if name in fields})
        request.headers = {**request.headers, **extra}
        prepared = request.prepare()
        headers = tuple((_bytes(name).lower(), _bytes(value)) for name, value in prepared.headers.items())
        body = prepared.body or b""
        target = prepared.path_url
        target.encode("ascii")
    except (ValueError, requests.exceptions.RequestException):
        return None
    return Sent(prepared.method or "GET", target, headers, body if isinstance(body, bytes) else str(body).encode())


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
