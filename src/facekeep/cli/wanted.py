"""Which collection is meant: an id, or the name of exactly one."""

from facekeep.errors import BadInput, Code
from facekeep_sdk import Client, Collection


def wanted_collection(client: Client, name_or_id: str) -> Collection:
    """The collection with that id, else the only one with that name.

    Raises
    ------
    BadInput
        `not_found`, or `conflict` where several have the name.
    """
    found = list(client.collections())
    for collection in found:
        if collection.collection_id == name_or_id:
            return collection
    named = [collection for collection in found if collection.name == name_or_id]
    if not named:
        raise BadInput(Code.NOT_FOUND, f'there is no collection "{name_or_id}"')
    if len(named) > 1:
        ids = ", ".join(collection.collection_id for collection in named)
        raise BadInput(Code.CONFLICT, f'several collections are called "{name_or_id}"; give one of the ids: {ids}')
    return named[0]
