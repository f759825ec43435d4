"""`facekeep forget`: forget a person, a face or a collection for good."""

import click

from facekeep.cli.collections import show_receipt
from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import safe
from facekeep.cli.wanted import wanted_collection


@click.command()
@click.option("--person", help="Id of the person to forget, with every face.")
@click.option("--face", help="Id of the face to forget.")
@click.option("--collection", help="Name or id of the collection to forget, with everything in it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def command(options: Options, person: str | None, face: str | None, collection: str | None, yes: bool) -> None:
    """Forget a person, a face or a collection for good, and print the receipt."""
    if [person, face, collection].count(None) != 2:
        raise click.UsageError("give one of --person, --face and --collection")
    with options.client() as client:
        if person is not None:
            whom = client.person(person)
            confirmed(f'Forget "{safe(whom.name)}" with {whom.faces} faces for good?', yes=yes)
            receipt = client.forget_person(person)
        elif face is not None:
            confirmed("Forget this face for good?", yes=yes)
            receipt = client.forget_face(face)
        else:
            found = wanted_collection(client, str(collection))
            confirmed(f'Forget "{safe(found.name)}" with {found.faces} faces for good?', yes=yes)
            receipt = client.delete_collection(found.collection_id)
    show_receipt(receipt, options)
