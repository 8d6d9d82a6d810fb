"""The demo: the whole journey against the real service on loopback, with a test vendor and invented persons."""

from __future__ import annotations

from credence.service.demo.report import DemoReport
from credence.service.demo.run import run_demo
from credence.service.demo.screen import Reporter

__all__ = ["DemoReport", "Reporter", "run_demo"]
