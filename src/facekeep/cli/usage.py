"""`facekeep usage`: what your organization used, by day."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, say, table


@click.command()
@click.option("--from", "first_day", metavar="DATE", help="First day, ISO 8601. [default: 30 days ago]")
@click.option("--to", "last_day", metavar="DATE", help="Last day. [default: today]")
@common
def command(options: Options, first_day: str | None, last_day: str | None) -> None:
    """Show searches, verifications and enrollments by day (UTC). For admins and auditors."""
    with options.client() as client:
        found = client.usage(first_day=first_day, last_day=last_day)
    if options.as_json:
        emit_json(found)
    elif found.days:
        rows = [(one.day, one.searches, one.verifications, one.enrollments, one.evaluation_searches)
                for one in found.days]  # fmt: skip
        table(("Day", "Searches", "Verifications", "Enrollments", "Evaluation searches"), rows)
    else:
        say("nothing was used on these days")
