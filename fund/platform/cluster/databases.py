"""The roles and databases of a running cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "fund_owner"
APP = "fund_app"
DATABASE = "fund"


@dataclass(frozen=True)
class Cluster:
    """A running private PostgreSQL; reachable only through its socket, whose directory is 0700.

    ``data_dir`` is the house's data directory, ``pid`` the postmaster's number.
    """

    data_dir: Path
    socket_dir: Path
    port: int
    pid: int

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """A URI for psql, psycopg and SQLAlchemy: ``postgresql://ROLE@/DATABASE?host=…&port=…``.

        The port is named because ``PGPORT`` of the environment would win otherwise.
        """
        return (
            f"postgresql://{quote(role)}@/{quote(database)}"
            f"?host={quote(str(self.socket_dir))}&port={self.port}"
        )


def create_database(cluster: Cluster, name: str, template: str | None = None) -> None:
    """Create a database owned by ``fund_owner``, empty or as a copy of a template.

    Nobody but owner and app may connect, and the app may not make temporary tables: they could
    stand in front of real ones for functions that run with the owner's rights.

    Raises:
        psycopg.Error: if it exists, or the template is missing or in use.
    """
    identifier = sql.Identifier(name)
    create = sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, sql.Identifier(OWNER))
    if template is not None:
        # As files, not through the log: less than half the work for a database as small as ours.
        words = " TEMPLATE {} STRATEGY file_copy"
        create += sql.SQL(words).format(sql.Identifier(template))
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(create)
        _close_to_strangers(connection, name)


def drop_database(cluster: Cluster, name: str) -> None:
    """Drop a database with everything in it, disconnecting whoever uses it; no error if absent."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(drop)


def ensure_roles_and_database(connection: psycopg.Connection, cluster: Cluster) -> None:
    """Create what is missing of the two roles and the database; repeatable after any crash."""
    have = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for role in (OWNER, APP):
        if role not in have:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if exists.fetchone() is None:
        create_database(cluster, DATABASE)
    elif _open_to_strangers(connection, DATABASE):
        _close_to_strangers(connection, DATABASE)


def _open_to_strangers(connection: psycopg.Connection, name: str) -> bool:
    """Whether PUBLIC may still connect: a crash fell between creating and closing."""
    query = "SELECT has_database_privilege('public', oid, 'CONNECT') FROM pg_database"
    row = connection.execute(query + " WHERE datname = %s", [name]).fetchone()
    return row is not None and bool(row[0])


def _close_to_strangers(connection: psycopg.Connection, name: str) -> None:
    words = {"database": sql.Identifier(name), "app": sql.Identifier(APP)}
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**words))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {app}").format(**words))
