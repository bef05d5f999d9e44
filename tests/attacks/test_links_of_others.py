"""One donor's link never reads or moves what is another donor's, whatever is sent with it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from counter_till import Till
from flask.testing import FlaskClient
from test_card_testing import Form, age, begun

from fund.giving import commands as giving
from fund.giving.commands.links import stop_key
from fund.kernel.actor import system

HERS, HIS = "hers@example.jp", "his@example.jp"


@pytest.fixture
def two(till: Till) -> tuple[str, str]:
    """Two paid gifts of two donors."""
    for number, email in enumerate((HERS, HIS)):
        form = Form(till, f"203.0.113.{number}", email)
        age(till)
        assert form.offer() == 303
    hers, his = begun(till)
    till.pay(hers)
    till.pay(his)
    till.heal()
    return hers, his


def fingerprint(dsn: str, gift_no: str) -> list[tuple[object, ...]]:
    """Everything stored about a gift and its donor."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            """SELECT gift::text, donor::text,
                 (SELECT string_agg(c::text, ',' ORDER BY c.id) FROM consent c
                  WHERE c.gift_id = gift.id),
                 (SELECT string_agg(p::text, ',' ORDER BY p.id) FROM payment p
                  WHERE p.gift_no = gift.no),
                 (SELECT count(*) FROM mail WHERE subject LIKE '%%' || gift.no || '%%')
               FROM gift JOIN donor ON donor.id = gift.donor_id WHERE gift.no = %s""",
            (gift_no,),
        ).fetchall()


def link_routes(till: Till) -> Iterator[tuple[str, str]]:
    """Method and path of every page behind a donor's link."""
    for rule in till.app.url_map.iter_rules():
        if rule.rule.startswith("/d/<") and rule.arguments == {"secret"}:
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield method, rule.rule.replace("<secret>", "{secret}")


def ask(client: FlaskClient, method: str, path: str, fields: dict[str, str]) -> tuple[int, str]:
    answer = client.open(path, method=method, data=fields if method == "POST" else None)
    return answer.status_code, answer.get_data().decode(errors="replace")


def test_every_page_behind_a_link_is_about_its_own_gift(till: Till, two: tuple[str, str]) -> None:
    hers, his = two
    till.app.config["WTF_CSRF_ENABLED"] = False
    others = till.payment(his)
    foreign = {
        **dict.fromkeys(("gift", "gift_no", "no", "number", "id"), his),
        **dict.fromkeys(("payment", "payment_no", "session"), others.no),
        "secret": giving.secret_of(till.house, his),
        "email": "thief@example.jp",
        "purpose": "publish_name",
        "given": "1",
        "display_name": "どろぼう",
        "method": "konbini",
    }
    before = fingerprint(till.dsn, his)
    secret = giving.secret_of(till.house, hers)
    routes = list(link_routes(till))
    assert len(routes) >= 12
    client = till.app.test_client()
    for method, path in routes:
        if path.endswith("/renew") and method == "POST":
            continue
        status, page = ask(client, method, path.format(secret=secret), foreign)
        assert status < 500, (method, path)
        assert his not in page, (method, path)
        assert HIS not in page, (method, path)
        assert others.no not in page, (method, path)
        assert fingerprint(till.dsn, his) == before, (method, path)
    assert till.broken() == []


@pytest.mark.parametrize("kind", ["number", "renewed", "upper", "longer", "shorter", "nul", "odd"])
def test_what_is_no_link_of_today_opens_nothing(
    till: Till, two: tuple[str, str], kind: str
) -> None:
    hers, _ = two
    till.app.config["WTF_CSRF_ENABLED"] = False
    good = giving.secret_of(till.house, hers)
    if kind == "renewed":
        giving.renew_link(till.house, by=system("public"), now=till.now, gift_no=hers)
    wrong = {
        "number": hers,
        "renewed": good,
        "upper": good.upper(),
        "longer": good + "0",
        "shorter": good[:-1],
        "nul": "%00" + good,
        "odd": "%ff%fe𠮷",
    }[kind]
    before = fingerprint(till.dsn, hers)
    client = till.app.test_client()
    for method, path in link_routes(till):
        status, page = ask(client, method, path.format(secret=wrong), {"given": "1"})
        assert status in {400, 404}, (method, path, status)
        assert HERS not in page
    assert fingerprint(till.dsn, hers) == before


def test_the_key_that_stops_mails_stops_only_its_own(till: Till, two: tuple[str, str]) -> None:
    hers, his = two
    till.app.config["WTF_CSRF_ENABLED"] = False
    key = stop_key(till.house.settings.secret_key, hers)
    before = fingerprint(till.dsn, his)
    client = till.app.test_client()
    for method in ("GET", "POST"):
        status, _ = ask(client, method, f"/stop/{his}/{key}", {})
        assert status == 404
    assert fingerprint(till.dsn, his) == before


def test_the_cookie_of_a_sent_form_leads_to_its_own_gift_only(
    till: Till, two: tuple[str, str]
) -> None:
    hers, his = two
    form = Form(till, "203.0.113.77", "third@example.jp")
    age(till)
    assert form.offer() == 303
    answer = form.post("/give/check", {"gift_no": his, "gift": his, "form_key": "x" * 32})
    assert answer.status_code == 303
    assert len(begun(till)) == 3
    assert till.rows("SELECT count(*) FROM payment WHERE gift_no = ANY (%s)", [hers, his]) == [(2,)]
