"""`facekeep collections`: create, list, show or delete collections."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import Collection, Policy, Receipt


@click.group()
def command() -> None:
    """Create, list, show or delete collections."""


@command.command()
@click.argument("name")
@click.option("--keep-photos", is_flag=True, help="Keep whole photos, encrypted, beside the face crops.")
@click.option("--minimum-quality", type=click.IntRange(0, 100), default=25, show_default=True)
@click.option("--top", "top_k", type=click.IntRange(1, 100), default=10, show_default=True, help="Longest result.")
@click.option("--no-case", is_flag=True, help="Let searches in that name no case.")
@click.option("--approval", is_flag=True, help="A search needs a second person's approval too.")
@click.option("--no-reveal", is_flag=True, help="Show who candidates are at once, not after a reveal with a reason.")
@click.option("--searches-a-day", type=click.IntRange(1), help="At most so many, if that is less than the rules allow.")
@click.option("--evaluation", is_flag=True, help="For measuring error rates; may loosen the next three; needs no case.")
@click.option("--score-floor", type=click.FloatRange(-1, 1), help="Lowest score shown. [default: by gallery size]")
@click.option("--exposure-limit", type=click.IntRange(1), help="Different probes that may return the same record.")
@click.option("--score-step", type=click.FloatRange(0.001, 0.1), default=0.01, show_default=True)
@common
def create(  # noqa: PLR0917 - one argument an option
    options: Options,
    name: str,
    keep_photos: bool,
    minimum_quality: int,
    top_k: int,
    no_case: bool,
    approval: bool,
    no_reveal: bool,
    searches_a_day: int | None,
    evaluation: bool,
    score_floor: float | None,
    exposure_limit: int | None,
    score_step: float,
) -> None:
    """Create a collection called NAME. Its policy is fixed from then on."""
    policy = Policy(
        keep_photos=keep_photos,
        minimum_quality=minimum_quality,
        top_k=top_k,
        evaluation=evaluation,
        score_floor=score_floor,
        exposure_limit=exposure_limit,
        score_step=score_step,
        case_required=not no_case,
        approval_required=approval,
        searches_a_day=searches_a_day,
        reveal_required=not no_reveal,
    )
    with options.client() as client:
        made = client.create_collection(name, policy)
    _show(made, options)


@command.command("list")
@common
def list_(options: Options) -> None:
    """List collections, oldest first."""
    with options.client() as client:
        found = list(client.collections())
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [(one.name, one.collection_id, one.faces, one.persons, _kind(one), one.created_at) for one in found]
        table(("Name", "Id", "Faces", "Persons", "Kind", "Created"), rows)
    else:
        say("no collections yet; make one with: facekeep collections create NAME")


@command.command()
@click.argument("collection")
@common
def show(options: Options, collection: str) -> None:
    """Show COLLECTION (a name or an id)."""
    with options.client() as client:
        _show(wanted_collection(client, collection), options)


@command.command()
@click.argument("collection")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def delete(options: Options, collection: str, yes: bool) -> None:
    """Forget COLLECTION (a name or an id) with every person and face in it."""
    with options.client() as client:
        found = wanted_collection(client, collection)
        confirmed(f'Forget "{safe(found.name)}" with {found.faces} faces for good?', yes=yes)
        show_receipt(client.delete_collection(found.collection_id), options)


def show_receipt(receipt: Receipt, options: Options) -> None:
    """Print the receipt of a forgetting."""
    if options.as_json:
        emit_json(receipt)
        return
    say(f"forgotten: {receipt.forgotten} face{'' if receipt.forgotten == 1 else 's'}, log entry {receipt.entry}")
    say(f"the keeper's own key backups have rolled over in {receipt.backup_horizon_hours} hours at the latest")


def _kind(collection: Collection) -> str:
    return "evaluation" if collection.policy.evaluation else ""


def _cases(collection: Collection) -> str:
    policy = collection.policy
    if policy.evaluation:
        return "no, it is for evaluation"
    if policy.approval_required:
        return "only, and with a second person's approval"
    return "only" if policy.case_required else "or without"


def _show(collection: Collection, options: Options) -> None:
    if options.as_json:
        emit_json(collection)
        return
    policy = collection.policy
    floor = "by gallery size" if policy.score_floor is None else policy.score_floor
    rows = [
        ("Name", collection.name),
        ("Id", collection.collection_id),
        ("Faces", collection.faces),
        ("Persons", collection.persons),
        ("Dimension", collection.dimension),
        ("Photos kept", "yes" if policy.keep_photos else "no"),
        ("Minimum quality", policy.minimum_quality),
        ("Longest result", policy.top_k),
        ("Score floor", floor),
        ("Searched in cases", _cases(collection)),
        ("Candidates are", "hidden until revealed" if policy.reveal_required else "shown with their names"),
        ("Searches a day", "by the rules" if policy.searches_a_day is None else policy.searches_a_day),
        ("Evaluation", "yes" if policy.evaluation else "no"),
        ("Created", collection.created_at),
    ]
    table(("Collection", ""), rows)
