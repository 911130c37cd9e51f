"""`leadassay demo`: a CRM sandbox, the app and a worker, installed, filled, and held to what was planted."""

from connector.demo.crms import DEMO_CRMS
from connector.demo.run import DemoOptions, run_demo

__all__ = ["DEMO_CRMS", "DemoOptions", "run_demo"]
