"""The demo from start to end: processes, history, install, live leads, comparison."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

import requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connector.demo import visits
from connector.demo.browser import Browser
from connector.demo.comparison import Comparison, compare
from connector.demo.crm import Secrets
from connector.demo.crms import DEMO_CRMS
from connector.demo.live import LiveActs, Truth
from connector.demo.observer import Observer, Standing
from connector.demo.processes import HOST, Crew, DemoFailed, check_port, free_port
from connector.demo.report import print_report
from connector.errors import ConfigError
from connector.sandbox import terms
from connector.sandbox.population import LEAST_LEADS, ZONE, make_population
from connector.sandbox.wire import JsonObject
from connector.settings import load_settings

READY_WITHIN_S: Final = 60.0
STUCK_AFTER_S: Final = 120.0
LOOK_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """As on the command line. `directory` None = a fresh folder, removed at the end."""

    crm: str
    is_once: bool
    json_path: Path | None
    seed: int
    leads: int
    port: int
    directory: Path | None


def run_demo(options: DemoOptions) -> int:
    """Run it. Returns the exit code: 0 only if planted and found, and app and CRM, are equal.

    Raises ConfigError for a wrong option and DemoFailed when it cannot go on.
    """
    if options.leads < LEAST_LEADS:
        raise ConfigError(f"--leads {options.leads} is too few to plant every fault: give at least {LEAST_LEADS}.")
    if options.crm not in DEMO_CRMS:
        raise ConfigError(f"There is no demo of {options.crm!r}; there is one of {', '.join(DEMO_CRMS)}.")
    started = time.monotonic()
    console = Console(stderr=True)
    # Standard output belongs to the JSON when that is asked for there.
    out = console if str(options.json_path) == "-" else Console()
    with ExitStack() as stack:
        stack.enter_context(_ends_on_signals())
        folder = stack.enter_context(_folder(options.directory))
        bar = stack.enter_context(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[says]}"),
                TimeElapsedColumn(),
                console=console,
            )
        )
        demo = _Demo(options, folder, stack, _Steps(bar))
        try:
            result = demo.play()
        except DemoFailed:
            _keep_logs(folder, options, console)
            raise
        seconds = time.monotonic() - started
        bar.stop()
        _write_json(options, result, demo.left_out, seconds)
        print_report(out, result, seconds, demo.left_out)
        if not options.is_once:
            demo.show_around(out)
    return 0 if result.is_equal else 1


class _Steps:
    """The bars: one line a step."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    @contextmanager
    def step(self, words: str) -> Iterator[Callable[[str, int, int | None], None]]:
        """A step that is under way inside the context; call what it gives with (words, done, total)."""
        task: TaskID = self._bar.add_task(words, total=None, says="")

        def tell(says: str, done: int, total: int | None) -> None:
            self._bar.update(task, says=says, completed=done, total=total)

        yield tell
        self._bar.update(task, total=1, completed=1)


class _Demo:
    """One run. Everything that must be closed goes onto `stack`."""

    def __init__(self, options: DemoOptions, folder: Path, stack: ExitStack, steps: _Steps) -> None:
        self._options = options
        self._crm = DEMO_CRMS[options.crm]
        #: What this account cannot be made to hold, in sentences.
        self.left_out: tuple[str, ...] = ()
        self._folder = folder
        self._steps = steps
        self._secrets = Secrets.make()
        if not options.is_once:
            check_port(options.port)
        port = free_port() if options.is_once else options.port
        self._sandbox_port = free_port()
        self._app_url = f"http://localhost:{port}"
        self._sandbox_url = f"http://{HOST}:{self._sandbox_port}"
        self._port = port
        env = self._environment()
        self._settings = load_settings(env)
        self._crew = stack.enter_context(Crew(folder, env))
        self._desk = self._crm.desk(self._sandbox_url, self._secrets)
        stack.callback(self._desk.close)
        self._stack = stack
        self._admin = Browser()
        self._head = Browser()
        stack.callback(self._admin.close)
        stack.callback(self._head.close)

    def _environment(self) -> dict[str, str]:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return {
            "LEADASSAY_DATA_DIR": str(self._folder),
            "LEADASSAY_PUBLIC_URL": self._app_url,
            "LEADASSAY_KEYS": f"demo:{key}",
            **self._crm.environment(self._sandbox_url, self._secrets),
        }

    def play(self) -> Comparison:
        """Everything up to the comparison."""
        with self._steps.step("Start the CRM sandbox"):
            config = self._folder / "sandbox.json"
            config.touch(mode=0o600)
            config.write_text(json.dumps(self._crm.sandbox_config(self._app_url, self._secrets, self._options.seed)))
            self._crew.start("sandbox", self._crm.sandbox_command(config, self._sandbox_port))
            self._wait_for(self._sandbox_url)
        with self._steps.step(f"Fill it with {self._options.leads} leads of 60 days"):
            truth = self._fill()
        with self._steps.step("Start the app and a worker"):
            self._crew.start("web", ["serve", "--host", HOST, "--port", str(self._port)])
            self._wait_for(f"{self._app_url}/healthz")
            self._crew.start("worker", ["worker"])
        observer = self._stack.enter_context(Observer(self._settings, self._crm.name, self._crm.account_id))
        with self._steps.step("Connect the CRM on its consent page"):
            self._crm.connect(self._admin, self._app_url)
            self._crm.say_meanings(self._admin, self._app_url, self._pause)
        with self._steps.step("Read, audit, write back") as tell:
            self._settle(observer, tell)
        with self._steps.step("Name the head of sales, who signs in by a mailed link"):
            visits.name_head_of_sales(self._admin, self._app_url, self._crm.head, wait=self._pause)
            visits.sign_in(self._head, self._link())
        with self._steps.step("Enter who is on holiday, who the competitors are and what is sold"):
            away = {} if self._crm.no_absences else truth.away
            visits.tell_policy(self._admin, self._app_url, ZoneInfo(ZONE), away=away, terms=terms.TYPED)
        with self._steps.step("New leads and calls come in by webhooks") as tell:
            scene = LiveActs(self._desk, truth)
            acts = [*scene.common(), *self._crm.own_acts(self._desk, scene)]
            for done, act in enumerate(acts, start=1):
                act()
                tell(f"{done} acts", done, len(acts))
            self._desk.plant_truth(truth.as_json())
            self._desk.wait_for_webhooks(STUCK_AFTER_S)
            self._settle(observer, tell)
        with self._steps.step("Compare planted with found, app with CRM"):
            return compare(
                truth.planted,
                observer.said(),
                self._desk.our_fields(),
                expected=truth.expected(self._crm.coverage(), self._crm.hidden),
                webhooks=self._desk.webhooks(),
                ignored=observer.ignored_events(),
                listed=visits.take_list(self._head, self._app_url),
                deleted=scene.deleted,
                forgotten=scene.forgotten,
                people_planted=truth.people_expected(self._crm.coverage()),
                people_found=observer.people(),
            )

    def show_around(self, console: Console) -> None:
        """Print where to look, then wait for Ctrl-C."""
        lines = (
            ("Sign in as the head of sales (works once)", self._link()),
            ("The app", self._app_url),
            ("The CRM: add a lead, log a call, see our fields", self._crm.people_url(self._sandbox_url)),
            ("Mails", str(self._settings.mailbox_dir)),
            ("Logs and data", str(self._folder)),
        )
        console.print()
        for words, where in lines:
            console.print(f"  {words}:\n    [bold]{where}[/]", highlight=False, soft_wrap=True)
        console.print("\nCtrl-C ends all of it.")
        try:
            while True:
                self._crew.check()
                time.sleep(0.5)
        except KeyboardInterrupt:
            console.print("Ending.")

    def _fill(self) -> Truth:
        """Seed the sandbox. Returns what is planted."""
        population = make_population(seed=self._options.seed, until=datetime.now(UTC), leads=self._options.leads)
        truth = Truth.of(population, self._desk.fill(population))
        self.left_out = (*population.left_out, *filter(None, (self._crm.no_absences,)))
        self._desk.plant_truth(truth.as_json())
        return truth

    def _link(self) -> str:
        """A fresh link, asked for in a browser in which nobody is signed in."""
        stranger = Browser()
        try:
            return visits.ask_for_link(stranger, self._app_url, self._settings.mailbox_dir, self._crm.head)
        finally:
            stranger.close()

    def _settle(self, observer: Observer, tell: Callable[[str, int, int | None], None]) -> None:
        """Until the app has nothing left to do: all read, judged, written. Raises DemoFailed when it stands still."""
        last: Standing | None = None
        moved = time.monotonic()
        idle = 0
        while idle < 3:
            self._crew.check()
            standing = observer.standing()
            idle = idle + 1 if standing.is_idle else 0
            if standing != last:
                last, moved = standing, time.monotonic()
            if time.monotonic() - moved > STUCK_AFTER_S:
                raise DemoFailed(f"The app has not moved for {STUCK_AFTER_S:.0f} s: {standing}")
            total = f" of {standing.total}" if standing.total else ""
            tell(
                f"{standing.read}{total} read, {standing.waiting} to audit, {standing.pending_writes} to write",
                standing.read,
                standing.total,
            )
            self._pause()

    def _pause(self) -> None:
        self._crew.check()
        time.sleep(LOOK_EVERY_S)

    def _wait_for(self, url: str) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        with requests.Session() as session:
            session.trust_env = False
            while True:
                self._crew.check()
                try:
                    if session.get(url, timeout=5).ok:
                        return
                except requests.RequestException:
                    pass  # not up yet
                if time.monotonic() > deadline:
                    raise DemoFailed(f"{url} does not answer after {READY_WITHIN_S:.0f} s; see {self._folder}.")
                time.sleep(0.1)


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    """Where all data and logs go: the directory given, which stays, or a fresh one, which goes."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise ConfigError(f"--dir {directory} is not empty: name a new folder.")
        yield directory.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="leadassay-demo-") as fresh:
        yield Path(fresh)


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does, so that no process stays behind.

    SIGINT is taken too: whoever starts us in the background of a script has it ignored otherwise.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_logs(folder: Path, options: DemoOptions, console: Console) -> None:
    """A fresh folder goes at the end, but not what tells why the demo failed."""
    if options.directory is None:
        kept = Path(tempfile.mkdtemp(prefix="leadassay-demo-logs-"))
        for log in folder.glob("*.log"):
            shutil.copy(log, kept)
        console.print(f"The logs are kept in {kept}.", highlight=False)


def _write_json(options: DemoOptions, result: Comparison, left_out: tuple[str, ...], seconds: float) -> None:
    if options.json_path is None:
        return
    document: JsonObject = {
        **result.as_json(),
        "left_out": list(left_out),
        "leads": result.kinds.total(),
        "seed": options.seed,
        "seconds": round(seconds, 1),
        "crm": options.crm,
        "head_of_sales": DEMO_CRMS[options.crm].head.email,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if str(options.json_path) == "-":
        os.write(1, text.encode())
    else:
        options.json_path.write_text(text)
