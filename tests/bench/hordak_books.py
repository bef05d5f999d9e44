"""The peer's side, run by its own interpreter: django-hordak posting transfers on PostgreSQL.

    python hordak_books.py DSN rounds

Prints one JSON object of rates per second: ``transfer_to`` as its documentation has it, each in
a transaction of its own, by one and by eight threads; a hundred of them in one transaction; and a
hundred written in bulk in one transaction.
"""

import json
import sys
import threading
import time

import django
from django.conf import settings

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"]


def configure(dsn):
    import psycopg.conninfo

    found = psycopg.conninfo.conninfo_to_dict(dsn)
    settings.configure(
        INSTALLED_APPS=APPS,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": found["dbname"],
                "USER": found["user"],
                "HOST": found["host"],
                "PORT": found["port"],
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_CURRENCY="JPY",
        CURRENCIES=["JPY"],
        HORDAK_INTERNAL_CURRENCY="JPY",
        HORDAK_CURRENCIES=["JPY"],
        HORDAK_DECIMAL_PLACES=0,
        USE_TZ=True,
        SECRET_KEY="bench",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()


def accounts():
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    made = []
    for code, kind in (("1", AccountType.asset), ("2", AccountType.liability)):
        found, _ = Account.objects.get_or_create(
            code=code, defaults={"name": code, "type": kind, "currencies": ["JPY"]}
        )
        made.append(found)
    return made


def rate(work, rounds, threads=1, posts=1):
    from django.db import connection

    start = threading.Barrier(threads + 1)

    def one():
        connection.ensure_connection()
        start.wait()
        for _ in range(rounds // threads // posts):
            work()
        connection.close()

    workers = [threading.Thread(target=one) for _ in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    return rounds // threads // posts * posts * threads / (time.perf_counter() - began)


def main():
    configure(sys.argv[1])
    rounds = int(sys.argv[2])
    from django.db import transaction
    from hordak.models import Leg, Transaction
    from moneyed import JPY, Money

    bank, held = accounts()
    yen = Money(10_000, JPY)

    def transfer():
        with transaction.atomic():
            bank.transfer_to(held, yen)

    def hundred():
        with transaction.atomic():
            for _ in range(100):
                bank.transfer_to(held, yen)

    def bulk():
        with transaction.atomic():
            made = Transaction.objects.bulk_create([Transaction() for _ in range(100)])
            Leg.objects.bulk_create(
                leg
                for one in made
                for leg in (
                    Leg(transaction=one, account=bank, credit=yen),
                    Leg(transaction=one, account=held, debit=yen),
                )
            )

    transfer()
    found = {
        "transfer_1": rate(transfer, rounds),
        "transfer_8": rate(transfer, rounds, threads=8),
        "hundred": rate(hundred, rounds, posts=100),
        "bulk": rate(bulk, rounds * 4, posts=100),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
