"""What several commands let one choose from."""

from typing import Final

import click

from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role

ROLE: Final = click.Choice([role.value for role in Role])
PERMISSION: Final = click.Choice([permission.value for permission in Permission])
