"""A donor's proof: the public entry of a gift, its place under a signed head, and its opening."""

from __future__ import annotations

from fund.giving import queries as giving
from fund.giving.queries.erasures import is_erased
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.platform.house import House
from fund.publication import queries
from fund.publication.log.merkle import inclusion_proof
from fund.publication.log.tiles import TiledTree, tile_path
from fund.publication.ports import Shelf
from fund.publication.queries import heads


def proof_of(house: House, gift_no: str) -> dict[str, Json]:
    """The proof file of an accepted gift; hashes and salt are lower-case hex.

    ``opening`` is what only the donor has: with it anybody can recompute the commitment in the
    entry; without it nobody learns who gave.

    Raises:
        NotFound: while the gift is not in the signed log, saying when it will be.
    """
    with house.database.reading() as connection:
        number = queries.gift_entries(connection, [gift_no]).get(gift_no)
        head = heads.last_head(connection)
        opening = giving.commitments(connection, [gift_no]).get(gift_no)
        if is_erased(connection, gift_no):
            raise NotFound("この寄附の個人情報は消去したため、証明は開けません")
        if number is None or head is None or head.size < number or opening is None:
            raise NotFound("証明は、採納されて公開の台帳に載ると、ここで受け取れます")
        body = heads.bodies(connection, number - 1, number)[0]
    salt, received_on, name = opening
    return {
        "v": 1,
        "entry": body.decode(),
        "index": number - 1,
        "hashes": path_of(house, number, head.size),
        "checkpoint": head.note,
        "opening": {
            "gift": gift_no,
            "received_on": received_on.isoformat(),
            "name": name,
            "salt": salt.hex(),
        },
    }


def path_of(house: House, number: int, size: int) -> list[str]:
    """The hashes (hex) from an entry's leaf to the root of the first ``size`` entries.

    Raises:
        FileNotFoundError: while a tile is not on the shelf.
    """
    shelf = house.port(Shelf)
    tree = TiledTree(lambda *at: shelf.read(tile_path(*at)), size)
    return [one.hex() for one in inclusion_proof(tree, number - 1, size)]
