"""Random problems: many ties, overlaps, fallbacks, dates, minima, earlier and manual payments."""

from hypothesis import strategies as st

from allocation.brute import allowed, rank

GROUPS = ["A", "B", "C"]
FIELDS = ["f", "h"]
PROGRAMMES = ["p"]
USES = [
    *(f"group:{name}" for name in [*GROUPS, "absent"]),
    *(f"field:{name}" for name in FIELDS),
    "programme:p",
    "award:g0",
    "any",
]
DAYS = ["2024-02-29", "2025-03-31", "2025-04-01", "2025-04-02"]
RUN_DATE = "2026-03-01"


def levels(most=3):
    level = st.fixed_dictionaries(
        {"uses": st.lists(st.sampled_from(USES), min_size=1, max_size=2, unique=True)},
        optional={
            "expires": st.sampled_from(["2026-02-28", RUN_DATE]),
            "opens": st.sampled_from([RUN_DATE, "2026-03-02"]),
        },
    )
    usable = level.filter(lambda one: one.get("opens", "") <= one.get("expires", "9999"))
    return st.lists(usable, min_size=1, max_size=most)


@st.composite
def donations(draw, number, amounts):
    return [
        {
            "id": f"d{at}",
            "amount": draw(amounts),
            "received": draw(st.sampled_from(DAYS)),
            "levels": draw(levels()),
            "on_exhausted": draw(st.sampled_from(["carry", "return", "any"])),
        }
        for at in range(draw(number))
    ]


@st.composite
def grants(draw, number, amounts):
    found = []
    for at in range(draw(number)):
        most = draw(amounts)
        least = draw(st.sampled_from([0, 0, 1, most // 2 + 1, most]))
        found.append(
            {
                "id": f"g{at}",
                "group": draw(st.sampled_from(GROUPS)),
                "fields": draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)),
                "programme": draw(st.sampled_from([None, *PROGRAMMES])),
                "approved_max": most,
                "min_viable": min(least, most),
                "tier": draw(st.integers(1, 2)),
                "score": draw(st.integers(0, 1)),
                "weight": draw(st.integers(1, 3)),
            }
        )
    return found


def policies():
    return st.fixed_dictionaries(
        {
            "order": st.sampled_from(["funding_first", "donor_first"]),
            "spend_order": st.sampled_from([["flex", "vintage"], ["vintage", "flex"], ["flex"]]),
            "vintage": st.sampled_from(["fy", "month", "day", "none"]),
            "within": st.sampled_from(["prorata", "fifo"]),
        },
        optional={"equalise": st.booleans(), "salt": st.sampled_from(["s", "t"])},
    )


@st.composite
def problems(draw, gifts=(1, 4), awards=(1, 3), most=4, minima=True, payments=True):
    """A valid problem as a document; ``most`` bounds every amount."""
    amounts = st.integers(0, most)
    problem = {
        "format": "alloc-case/1",
        "run_date": RUN_DATE,
        "policy": draw(policies()),
        "previous": [],
        "donations": draw(donations(st.integers(*gifts), amounts)),
        "grants": draw(grants(st.integers(*awards), amounts)),
    }
    if not minima:
        for grant in problem["grants"]:
            grant["min_viable"] = 0
    if payments:
        draw_payments(draw, problem)
    return problem


def draw_payments(draw, problem):
    """Add an earlier and a manual payment where the wish permits them."""
    for kind in draw(st.lists(st.sampled_from(["previous", "fixed"]), max_size=2)):
        gift = draw(st.sampled_from(problem["donations"]))
        grant = draw(st.sampled_from(problem["grants"]))
        rows = [*problem["previous"], *problem.get("fixed", [])]
        left = gift["amount"] - sum(r["amount"] for r in rows if r["donation"] == gift["id"])
        room = grant["approved_max"] - sum(r["amount"] for r in rows if r["grant"] == grant["id"])
        if min(left, room) < 1 or rank(allowed(gift), grant) is None:
            continue
        row = {
            "donation": gift["id"],
            "grant": grant["id"],
            "amount": draw(st.integers(1, min(left, room))),
        }
        if kind == "fixed":
            row |= {"reason": "decided by hand", "by_role": "decider"}
        problem.setdefault(kind, []).append(row)
