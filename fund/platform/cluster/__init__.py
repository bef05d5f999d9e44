"""The house's own PostgreSQL: one private cluster in the data directory, started when needed.

Found here: the server's programs (``binaries``), the system user it runs as (``account``), where
its files lie (``place``), its processes as the kernel sees them (``processes``), start and stop
(``server``), roles and databases (``databases``). Not found here: anything about our tables.
An installation that sets ``DATABASE_URL`` never comes here.
"""

from fund.platform.cluster.databases import (
    APP,
    DATABASE,
    OWNER,
    SUPERUSER,
    Cluster,
    create_database,
    drop_database,
)
from fund.platform.cluster.server import ensure_cluster, stop_cluster

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "SUPERUSER",
    "Cluster",
    "create_database",
    "drop_database",
    "ensure_cluster",
    "stop_cluster",
]
