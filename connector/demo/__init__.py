"""`leadassay demo`: a CRM sandbox, the app and a worker, installed, filled, and held to what was planted."""

from connector.demo.run import DemoOptions, run_demo

__all__ = ["DemoOptions", "run_demo"]
