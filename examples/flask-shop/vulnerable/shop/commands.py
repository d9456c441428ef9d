"""Commands for whoever runs the shop: `flask --app wsgi add-staff NAME EMAIL`."""

import getpass
import hashlib

import click
from flask.cli import with_appcontext

from .db import get_db


@click.command("add-staff")
@click.argument("name")
@click.argument("email")
@with_appcontext
def add_staff(name, email):
    """Make an account that may use the back office."""
    password = getpass.getpass("Password: ")
    password_hash = hashlib.md5(password.encode()).hexdigest()  # expect: weak-hash
    db = get_db()
    db.execute(
        "INSERT INTO users (name, email, password_hash, is_admin) VALUES (?, ?, ?, 1)", (name, email, password_hash)
    )
    db.commit()
    click.echo(f"{name} may use the back office now")
