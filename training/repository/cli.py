"""`steward train repository ...`: the signed repository that vehicles take their models from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.options import HERE, said_plainly
from training.repository.settings import RoleName

if TYPE_CHECKING:
    from training.repository.keys import Keyring
    from training.repository.repository import Repository

app = typer.Typer(
    help="The signed model repository: make it, look at it, keep it fresh, change keys, go back a model.\n\n"
    "签名模型仓库：建立、查看、续签、换钥、退回上一个模型。\n\n"
    "Passphrases come from STEWARD_KEY_PASSPHRASE_ROLE or STEWARD_KEY_PASSPHRASE, or are asked for.\n\n"
    "Example: steward train repository init repository --keys keys",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="The repository's folder, which a web server may serve as it is.")]
Keys = Annotated[Path, typer.Option("--keys", help="Folder of the key files, outside the repository.")]
SETTINGS = HERE / "datasets" / "repository.toml"


def _now() -> datetime:
    return datetime.now(UTC)


def _opened(folder: Path, keys: Path) -> tuple[Repository, Keyring]:
    from training.repository.keys import Keyring
    from training.repository.repository import Repository

    return Repository(folder), Keyring(keys)


@app.command()
def init(
    folder: Folder,
    keys: Keys,
    settings: Annotated[Path, typer.Option(help="Keys, thresholds and days of each role.")] = SETTINGS,
) -> None:
    """Make keys and an empty repository signed by them.

    生成密钥和由其签名的空仓库。

    Example: steward train repository init repository --keys keys
    """
    from training.repository.keys import Keyring
    from training.repository.repository import make_repository

    with said_plainly():
        make_repository(folder, settings, Keyring(keys), _now())
        typer.echo(f"{folder}: an empty repository. Its metadata/1.root.json is what vehicles are given to trust.")
        typer.echo(f"{keys}: now take the root keys off this machine, each to another person; see docs/training.md")


@app.command()
def status(folder: Folder) -> None:
    """What is signed, until when and by how many keys, and what each channel names. Exit code 2 if any has expired.

    谁签了什么、有效至何时、各通道指向哪个模型。有过期者退出码为 2。

    Example: steward train repository status repository
    """
    from training.repository.repository import Repository
    from training.repository.status import said, standing

    with said_plainly():
        store = Repository(folder)
        state = store.state()
        roles = standing(state, _now())
        typer.echo(said(roles, store.channels(state)))
    if any(role.expired for role in roles):
        raise typer.Exit(2)


@app.command()
def renew(
    folder: Folder,
    keys: Keys,
    role: Annotated[RoleName, typer.Option(help="Sign this role and those that name it.")] = RoleName.TIMESTAMP,
) -> None:
    """Sign anew before it expires; every day for the timestamp, from a timer.

    到期前重新签名；时间戳每天由定时器执行。

    Example: steward train repository renew repository --keys keys
    """
    with said_plainly():
        store, ring = _opened(folder, keys)
        with store.changing():
            signed = store.renew(role, ring, _now()).of(role).signed
        typer.echo(f"{role} {signed.version}: good until {signed.expires:%Y-%m-%d %H:%M} UTC")


@app.command()
def rotate(
    folder: Folder,
    keys: Keys,
    role: Annotated[RoleName, typer.Argument(help="Whose key is replaced.")],
    key: Annotated[Path | None, typer.Option(help="The key file to replace, where the role has several.")] = None,
    lost: Annotated[bool, typer.Option("--lost", help="Replace the one key that is not in --keys any more.")] = False,
) -> None:
    """Replace a key: a new root says so, signed by the root keys that counted before and those that count now.

    更换密钥：新的 root 由更换前后有效的 root 密钥共同签名。

    Example: steward train repository rotate repository timestamp --keys keys
    """
    with said_plainly():
        store, ring = _opened(folder, keys)
        with store.changing():
            if lost:
                state, then = store.replace_lost(role, ring, _now()), "the lost one no longer counts"
            else:
                old = ring.chosen(role, store.state().key_ids(role), key)
                state, then = store.rotate(role, old.key_id, ring, _now()), f"destroy the old one: {old.path}"
        typer.echo(f"root {state.root.signed.version}: the {role} key is new; {then}")


@app.command()
def back(
    folder: Folder,
    keys: Keys,
    name: Annotated[str, typer.Argument(help="The model, such as street.")],
    channel: Annotated[str, typer.Option(help="The channel to turn back.")] = "stable",
) -> None:
    """Make a channel's previous model its current one again.

    让通道的上一个模型重新成为当前模型。

    Example: steward train repository back repository street --keys keys
    """
    with said_plainly():
        store, ring = _opened(folder, keys)
        with store.changing():
            turned = store.turn_back(name, channel, ring, _now())
        typer.echo(f"{name} {turned.current.version} is the champion of {channel} again (serial {turned.serial})")


@app.command()
def configure(
    folder: Folder,
    keys: Keys,
    device: Annotated[str, typer.Option(help="The vehicle, by the name in its edge.toml.")],
    settings: Annotated[Path, typer.Option(help="TOML with [sampling], [thermal] or [upload].")],
    zones: Annotated[Path | None, typer.Option(help="GeoJSON of places where vehicles may not stand.")] = None,
) -> None:
    """Set a vehicle from afar: what is signed here it takes at its next look.

    远程设置车辆：此处签名的设置由车辆下次查询时取用。

    Example: steward train repository configure repository --keys keys --device car-07 --settings car-07.toml
    """
    from training.repository.config import configure as publish

    with said_plainly():
        store, ring = _opened(folder, keys)
        with store.changing():
            desired = publish(store, ring, device, settings, zones, _now())
        typer.echo(f"{device}: configuration {desired.serial} is signed")
