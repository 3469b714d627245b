"""The command line `giaoban`: composes the roles into processes and speaks to them. Only this and `supervisor` know all.

Everything heavy is imported by the command that uses it, so that processes start fast.
"""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from giaoban.errors import DomainError

# ruff: noqa: PLC0415 - see above

app = typer.Typer(
    name="giaoban",
    help="Online briefings for a province. Settings come from GIAOBAN_… variables; nothing set runs everything here.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
org = typer.Typer(help="Keeps the books of units, points and people.", no_args_is_help=True)
user = typer.Typer(help="Keeps accounts.", no_args_is_help=True)
mail = typer.Typer(help="Looks at mail that is held after a restored backup, and releases it.", no_args_is_help=True)
audit = typer.Typer(help="Looks after the audit log.", no_args_is_help=True)
streams = typer.Typer(help="Looks at entries of streams that could not be dealt with.", no_args_is_help=True)
app.add_typer(mail, name="mail")
app.add_typer(audit, name="audit")
app.add_typer(streams, name="streams")
app.add_typer(org, name="org")
app.add_typer(user, name="user")

_EXIT_FAILED: Final = 1
_CHILD_GOODBYE_SECONDS: Final = 10.0
_HOUSE_GOODBYE_SECONDS: Final = 60.0


class Role(StrEnum):
    """A role of split mode."""

    GATEWAY = "gateway"
    SCHEDULER = "scheduler"
    MEDIA = "media"
    NOTIFY = "notify"


def main() -> None:
    """Runs the command line; a refusal is one line on standard error and status 1."""
    try:
        app()
    except DomainError as error:
        sys.stderr.write(f"giaoban: {error.message} ({error.reason})\n")
        raise SystemExit(_EXIT_FAILED) from None


def _start_lightly() -> None:
    """Spares a process that will serve a fifth of what its imports cost; called before them."""
    gc.disable()  # modules are no garbage; `lifecycle` enables it once the process is ready
    # structlog loads rich, if there is one, for tracebacks that `logs` does not use.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None means: not to be found


@app.command()
def up() -> None:
    """Runs everything on this machine until Ctrl-C: gateway, scheduler, notify, media and the embedded Redis."""
    _start_lightly()
    from giaoban import config, lifecycle, logs

    settings = config.load()
    logs.configure("supervisor")
    lifecycle.run(_announced(settings), goodbye_seconds=_HOUSE_GOODBYE_SECONDS)


@asynccontextmanager
async def _announced(settings: Any) -> AsyncIterator[None]:  # noqa: ANN401 - imported late
    from services import supervisor

    first = False

    async def first_start() -> None:
        nonlocal first
        first = True
        if settings.demo:
            await _make_demo()

    async with supervisor.house(settings, first_start):
        typer.echo(f"Giao Ban: {settings.public_url}")
        if first:
            _show_administrator(settings)
        yield


def _show_administrator(settings: Any) -> None:  # noqa: ANN401 - imported late
    chosen = bool(settings.admin_password.get_secret_value())
    password = "as set in GIAOBAN_ADMIN_PASSWORD" if chosen else settings.key_folder().admin_password()
    typer.echo(f"First administrator: admin, password: {password}")
    if not chosen:
        typer.echo(f"It is shown once; it stays in {settings.keys_dir / 'admin-password'}.")


async def _make_demo() -> None:
    """Fills a new house in a process of its own: it needs the scheduler's code, which this process does not."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.cli", "demo")
    try:
        if await process.wait():
            typer.echo("The demonstration province could not be made; `giaoban demo` tries again.", err=True)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@app.command()
def serve(
    role: Annotated[Role, typer.Argument(help="The role to run.")],
    worker: Annotated[int | None, typer.Option(help="Only the media worker with this number.", min=0)] = None,
    control: Annotated[bool, typer.Option("--control", help="Only the control process of media.")] = False,
) -> None:
    """Runs one role (split mode); `serve media` starts the control process and its workers.

    GIAOBAN_GRPC is this role's address, GIAOBAN_PEER_SCHEDULER, …_NOTIFY and …_MEDIA are the others'.
    """
    _start_lightly()
    from giaoban import config, lifecycle, logs, priority
    from services.supervisor import PARENT_VARIABLE

    parent = os.environ.pop(PARENT_VARIABLE, "")
    if parent:
        from giaoban.child import die_with_parent

        die_with_parent(int(parent))
    priority.take(priority.of_role(role.value, worker=worker is not None))
    settings = config.load(role=role.value)
    logs.configure(role.value if worker is None else f"{role.value}-{worker}")
    context = _role(settings, role, worker, control)
    if parent:
        name = role.value if worker is None else f"{role.value}-{worker}"
        context = _measured(settings, name, context, supervised=True)
    elif role is not Role.MEDIA or worker is not None or control:
        context = _measured(settings, role.value, context, supervised=False)
    lifecycle.run(context, goodbye_seconds=_CHILD_GOODBYE_SECONDS if parent else _HOUSE_GOODBYE_SECONDS)


def _role(
    settings: Any,  # noqa: ANN401 - imported late
    role: Role,
    worker: int | None,
    control: bool,
) -> AbstractAsyncContextManager[object]:
    if role is Role.MEDIA and worker is not None:
        from services.media import worker as media_worker

        return media_worker.running(settings, worker)
    if role is Role.MEDIA and not control:
        from services.supervisor import media_node

        return media_node(settings)
    import importlib

    running: Callable[..., AbstractAsyncContextManager[object]]
    running = importlib.import_module(f"services.{role.value}.app").running
    return running(settings)


@asynccontextmanager
async def _measured(
    settings: Any,  # noqa: ANN401 - imported late
    name: str,
    context: AbstractAsyncContextManager[object],
    *,
    supervised: bool,
) -> AsyncIterator[None]:
    from giaoban.metrics import exposed
    from services.supervisor import metrics_socket

    where = metrics_socket(settings, name) if supervised else settings.metrics
    if where is None:
        async with context:
            yield
        return
    async with exposed(where), context:
        yield


@app.command()
def demo() -> None:
    """Fills the house with a demonstration province; scheduler must run."""
    from giaoban import config, logs, priority
    from services.scheduler import demo as scheduler_demo

    priority.take(priority.BACKGROUND)
    logs.configure("demo")
    _run(scheduler_demo.make(config.load()))


@app.command()
def token(
    room: Annotated[str, typer.Option(help="Name of the room; it is made on first join.")],
    identity: Annotated[str, typer.Option(help="Who joins, for example points/ubnd-q1; unique in the room.")],
    name: Annotated[str, typer.Option(help="What others see; the identity unless said.")] = "",
    publish: Annotated[bool, typer.Option(help="May send audio and video.")] = True,
    hours: Annotated[float, typer.Option(help="How long it admits.", min=0.01, max=240)] = 6,
) -> None:
    """Prints a token of the client protocol that admits one identity to a room; for tests and tools."""
    from datetime import UTC, datetime, timedelta

    from giaoban import config
    from services.media.domain.grants import Rights
    from services.media.rpc.tokens import mint_room_token

    typer.echo(
        mint_room_token(
            config.load().key_folder().room_api_pair(),
            room=room,
            identity=identity,
            display_name=name or identity,
            expire_time=datetime.now(UTC) + timedelta(hours=hours),
            rights=Rights(publish=publish),
            create=True,
        )
    )


@org.command("import")
def org_import(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8) or XLSX with units, points and people.", dir_okay=False)],
    check: Annotated[bool, typer.Option("--check", help="Only checks the file, writes nothing.")] = False,
) -> None:
    """Reads units, points and people from a file: all or nothing, every bad cell named."""
    from giaoban import config
    from services import administration

    raise typer.Exit(_run(administration.import_org(config.load(), file, check_only=check)))


@user.command("add")
def user_add(
    username: Annotated[str, typer.Argument(help="Name to sign in with.")],
    name: Annotated[str, typer.Option(help="Full name in Vietnamese order.")],
    unit: Annotated[str, typer.Option(help="Id of the unit, for example ubnd-q1.")],
    role: Annotated[
        str, typer.Option(help="administrator, secretary, chair, delegate or district_it.", metavar="ROLE")
    ] = "delegate",
    email: Annotated[str, typer.Option(help="Mail address for invitations.")] = "",
    position: Annotated[str, typer.Option(help="Position, for example “Chủ tịch UBND xã”.")] = "",
) -> None:
    """Makes a person with an account; asks for the password (or reads it from standard input)."""
    from giaoban import config
    from services import administration

    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    person = administration.NewPerson(username, name, unit, role, email, position, password)
    raise typer.Exit(_run(administration.add_person(config.load(), person)))


@mail.command("status")
def mail_status() -> None:
    """Says whether mail is held; status 1 when it is."""
    from giaoban import config
    from services import mailing

    raise typer.Exit(_run(mailing.status(config.load())))


@mail.command("release")
def mail_release() -> None:
    """Lets mail go again that was held because a restored backup does not know what went out since."""
    from giaoban import config
    from services import mailing

    raise typer.Exit(_run(mailing.release(config.load())))


@streams.command("list")
def streams_list() -> None:
    """Lists the dead entries of all streams."""
    from giaoban import config
    from services import mailing

    raise typer.Exit(_run(mailing.list_dead(config.load())))


@streams.command("replay")
def streams_replay() -> None:
    """Deals with dead entries once more: briefings still ahead are told as they stand today."""
    from giaoban import config
    from services import mailing

    raise typer.Exit(_run(mailing.replay_dead(config.load())))


@audit.command("verify")
def audit_verify() -> None:
    """Follows the chain of hashes from the first entry to the last; status 1 when an entry was changed or is missing."""
    from giaoban import config
    from services import auditing

    raise typer.Exit(_run(auditing.verify(config.load())))


_Folder = Annotated[Path, typer.Argument(help="Folder of the backup.", file_okay=False)]
_KeysFile = Annotated[
    Path | None, typer.Option("--keys", help="File of the wrapped keys; DIR.keys unless said.", dir_okay=False)
]
_Passphrase = Annotated[
    str,
    typer.Option(
        envvar="GIAOBAN_BACKUP_PASSPHRASE", help="Wraps the keys; asked for unless it is set.", show_default=False
    ),
]


@app.command("backup")
def backup_command(folder: _Folder, keys: _KeysFile = None, passphrase: _Passphrase = "") -> None:
    """Copies the stores of a house, running or not, as of one moment; its keys go wrapped into a file apart."""
    from giaoban import config
    from services import backup

    settings = config.load()
    chosen = passphrase or _asked_passphrase(confirm=True)
    backup.backup(settings, folder, keys or backup.default_keys_file(folder), chosen, _say)


@app.command("restore")
def restore_command(
    folder: _Folder,
    keys: _KeysFile = None,
    passphrase: _Passphrase = "",
    verify: Annotated[bool, typer.Option("--verify", help="Only checks the backup; changes nothing.")] = False,
) -> None:
    """Puts a backup in the place of a stopped house's stores, which are kept beside it; mail is held until released."""
    from giaoban import config
    from services import backup

    settings = config.load()
    keys_file, chosen = keys or backup.default_keys_file(folder), passphrase or _asked_passphrase(confirm=False)
    if verify:
        backup.verify(folder, keys_file, chosen, _say)
        typer.echo("The backup is whole.")
        return
    _run(backup.restore(settings, folder, keys_file, chosen, _say))


def _asked_passphrase(*, confirm: bool) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Passphrase of the keys", hide_input=True, confirmation_prompt=confirm))
    return sys.stdin.readline().rstrip("\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@app.command()
def doctor() -> None:
    """Checks ports, disk, clock, UDP, mail, certificates and tools; one line each, status 1 when something is wrong."""
    from giaoban import config
    from services.doctor import examine

    failed = False
    for finding in examine(config.load()):
        mark = {True: "ok  ", False: "BAD ", None: "-   "}[finding.healthy]
        typer.echo(f"{mark} {finding.subject}: {finding.detail}")
        failed = failed or finding.healthy is False
    raise typer.Exit(_EXIT_FAILED if failed else 0)


@app.command()
def keys() -> None:
    """Makes the folder of keys (GIAOBAN_KEYS) for split mode, where it is not there yet; keep a copy of data.key."""
    from giaoban import config

    settings = config.load()
    settings.key_folder().make_all(config.ROLES)
    typer.echo(f"Keys of every role are in {settings.keys_dir}. Each role needs its own sign-ROLE.pem, all *.pub.pem,")
    typer.echo("and data.key where it keeps data; without data.key the data is lost, so keep a copy elsewhere.")


@app.command()
def cert(
    names: Annotated[list[str], typer.Argument(help="Names and addresses of the server, for example 192.168.1.10.")],
) -> None:
    """Makes a local authority (once) and a server certificate for a pilot on a local network, in $GIAOBAN_HOME/tls."""
    from giaoban import config
    from services.certificate import make_certificate

    made = make_certificate(config.load().home / "tls", names)
    typer.echo(f"Server certificate: {made.certificate} (until {made.expires:%Y-%m-%d})")
    typer.echo(f"Set GIAOBAN_TLS_CERT={made.certificate} GIAOBAN_TLS_KEY={made.key}")
    typer.echo(f"On each PC install {made.authority} as a trusted root authority.")


def _run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the work answers
    return asyncio.run(work)


if __name__ == "__main__":
    main()
