"""Roles as options of several commands understand them."""

from collections.abc import Callable
from typing import Any

import click

ROLES = ("admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer")


def role_option(*, required: bool = True, help_text: str = "May be given several times.") -> Callable[[Any], Any]:
    """`--role`, once or several times."""
    return click.option(
        "--role", "roles", multiple=True, required=required, type=click.Choice(ROLES), help=help_text
    )
