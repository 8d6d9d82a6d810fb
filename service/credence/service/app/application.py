"""The application: parties, problems, health, and what starts and stops with the process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from importlib.metadata import version

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.service import auth, problems
from credence.service.app import attacked, health, readings, standings
from credence.service.app.checkpointing import checkpointing
from credence.service.app.housekeeping import keeping_house
from credence.service.app.installation import open_services
from credence.service.app.parties import PARTIES, chosen
from credence.service.app.readiness import Latest, Pace
from credence.service.app.rekeying import rekeying
from credence.service.app.sequencing import Sequencing
from credence.service.app.telling import telling
from credence.service.app.trust import trusted_documents
from credence.service.app.warming import warming
from credence.service.app.watching import Watch, watching
from credence.service.clock import Clock, steady_clock, system_clock
from credence.service.errors import ServiceError
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.settings import Settings
from credence.service.telemetry import Metrics, Spans, open_spans
from credence.service.throttle import Admission, Doorstep, Threshold, make_doorkeeper, make_throttle

_DESCRIPTION = (
    "Prove your tier, not your name. An issuer verifies a person once; a wallet proves what a venue's policy asks and"
    " nothing else; the venue gets a decision and terms. Every error is an RFC 9457 problem."
)


def create_app(
    settings: Settings,
    *,
    parties: Iterable[str] = PARTIES,
    clock: Clock = system_clock,
    rng: Rng = secrets.token_bytes,
    curve: Curve | None = None,
    spans: Spans | None = None,
    steady: Callable[[], float] | None = None,
    warm: bool = False,
) -> FastAPI:
    """The ASGI application that answers for ``parties``: of ``issuer``, ``verifier``, ``reputation``, ``auditor``, ``log``
    and ``auth``, by default all.

    Keys and databases are opened when it starts, as :func:`open_services` does and refuses; they are made by ``credence
    init``. ``spans`` overrides where the settings send them. ``steady`` is what ``clock`` is compared with, for jumps:
    by default the machine's, and nothing for a clock that is told the time. ``warm`` loads the engines of reputation once it
    has started, instead of with the first report. Raises
    :class:`credence.service.errors.Misconfigured` for an unknown party, and for settings that need an extra which is not
    installed.
    """
    names = chosen(parties)
    release = version("credence-kyc")
    metrics = Metrics(version=release)
    spans = spans or open_spans(settings.otlp_endpoint, version=release, rng=rng)

    def opened(app: FastAPI) -> Services:
        trusted = trusted_documents(app, settings)
        services = open_services(
            settings, clock=clock, rng=rng, parties=names, curve=curve, trusted=trusted, metrics=metrics, spans=spans
        )
        watch = app.state.watch = Watch(app, settings, clock, trusted, services.curve)
        told = replace(services, accumulators=watch.board.newest, checkpoint=watch.board.checkpoint)
        told = replace(told, trusted_documents=watch.documents)
        told = replace(told, standing=standings.standing_source(app), accepted=standings.acceptances(app))
        told = replace(told, attested=standings.attested_source(app), attacked=attacked.attacked(app))
        return replace(told, limit=throttle.limiter.spend)

    app = FastAPI(
        title="Credence",
        version=release,
        description=_DESCRIPTION,
        lifespan=_lifespan(opened, warm),
        docs_url=None,  # the framework's pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry=spans.framework,
    )
    app.state.metrics = metrics
    steady = steady or (steady_clock if clock is system_clock else None)
    app.state.pace = None if steady is None else Pace(clock, steady)
    app.state.latest = Latest(steady)
    throttle = make_throttle(settings, clock, metrics)
    app.add_middleware(Admission, throttle=throttle)  # inside of what reads the body
    problems.install(
        app,
        max_body=settings.max_body_bytes,
        rng=rng,
        forms=(auth.TOKEN_PATH,),
        counted=metrics.request,
        before=(Middleware(Threshold, throttle=throttle),),
    )
    app.state.doorkeeper = make_doorkeeper(app, throttle, rng)  # for a server that asks before it hands over
    app.add_middleware(Doorstep, keeper=app.state.doorkeeper)
    auth.describe(app)
    routers = (health.router, *(router for name in sorted(names) for router in PARTIES[name].routers))
    for router in routers:  # as they are: including one would build each of its routes anew for every application
        app.router.routes.extend(router.routes)
    readings.install(app, metrics)
    return app


def _lifespan(opened: Callable[[FastAPI], Services], warm: bool) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with _refusal_logged():
            services = await run_in_threadpool(opened, app)
        try:
            with _refusal_logged():
                await run_in_threadpool(_open_parties, app, services)
            async with (
                _sequencing(app, services),
                checkpointing(app, services),
                rekeying(app, services),
                watching(app.state.watch, services),
                telling(app, services),
                keeping_house(services),
            ):
                app.state.services = services
                logger().info("started", parties=services.parties, engine=services.curve.name, version=app.version)
                async with warming(app, warm):
                    yield
        finally:
            app.state.services = None
            await run_in_threadpool(services.spans.flush)
            for store in dict.fromkeys([*services.stores.values(), services.keeping.keys.store]):
                store.close()

    return lifespan


@contextmanager
def _refusal_logged() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        logger().error("start.failed", error=type(error).__name__, reason=error.reason)
        raise


def _open_parties(app: FastAPI, services: Services) -> None:
    app.state.ledger = services.ledger
    for name in sorted(services.parties):  # the issuer before the verifier, who asks it for its document
        if opening := PARTIES[name].opening:
            setattr(app.state, name, opening(services))


@asynccontextmanager
async def _sequencing(app: FastAPI, services: Services) -> AsyncIterator[None]:
    if "log" not in services.parties:
        yield
        return
    sequencing = Sequencing(services.ledger, services.settings.ledger_interval_ms / 1000, services.metrics, services.spans)
    app.state.sequencing = sequencing
    task = asyncio.create_task(sequencing.run(), name="ledger")
    try:
        yield
    finally:
        sequencing.stop()
        await task
