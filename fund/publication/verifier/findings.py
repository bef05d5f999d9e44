"""What a verification found: twelve checks, each with what it counted and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

TITLES = {
    1: ("チェックポイントの署名", "checkpoint signature and key"),
    2: ("すべてのタイルと根", "every tile and the root"),
    3: ("前のチェックポイントを含むこと", "consistency with an older checkpoint"),
    4: ("記帳の書き方・番号・種類", "entries canonical, gapless, of known kinds"),
    5: ("記帳ごとの釣り合い", "postings balance"),
    6: ("残高が足りなくならないこと", "no guarded account is ever overdrawn"),
    7: ("寄附の行方と希望", "every gift's yen, and every wish"),
    8: ("助成のお金", "every award's money"),
    9: ("割り当ての再計算", "every run rechecks"),
    10: ("公開データが台帳と同じこと", "tables and journals are the same facts"),
    11: ("年度の締め", "closed periods"),
    12: ("ファイルの指紋", "SHA256SUMS"),
}
SHOWN, LONGEST = 20, 400


@dataclass
class Check:
    """One check: how many things it looked at, and the first things that are wrong.

    ``beyond`` counts those that only ask for more entries than the release has: it is either
    older than what the visitor brings along, or was cut.
    """

    number: int
    counted: int = 0
    wrong: int = 0
    notes: list[str] = field(default_factory=list)
    said: str = ""
    beyond: int = 0

    def fall_short(self, note: str) -> None:
        """What the visitor brings along knows of entries that are not here."""
        self.beyond += 1
        self.fail(note)

    def fail(self, note: str) -> None:
        """Something is wrong; what a forger wrote is spelled so that no terminal obeys it."""
        self.wrong += 1
        if len(self.notes) < SHOWN:
            plain = (c if c.isprintable() else ascii(c)[1:-1] for c in note[:LONGEST])
            self.notes.append("".join(plain))

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return self.wrong == 0


class Findings:
    """All twelve checks of one verification; ``proved`` is the number of the donor's own entry."""

    def __init__(self) -> None:
        self.checks = {number: Check(number) for number in TITLES}
        self.proved: int | None = None

    def __getitem__(self, number: int) -> Check:
        return self.checks[number]

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(check.ok for check in self.checks.values())

    def lines(self) -> list[str]:
        """The report: one line for each check, what is wrong below it, one sentence at the end."""
        report = []
        for check in self.checks.values():
            japanese, english = TITLES[check.number]
            word = "ok" if check.ok else "FAIL"
            said = check.said or str(check.counted)
            report.append(f"check {check.number} {word} {said} — {japanese} ({english})")
            report += [f"    {note}" for note in check.notes]
            if check.wrong > len(check.notes):
                report.append(f"    … {check.wrong - len(check.notes)}")
        return [*report, self.sentence()]

    def sentence(self) -> str:
        """The last line, for everybody."""
        if self.ok:
            size = self[4].counted
            mine = f"あなたの寄附は、台帳の{self.proved}番にあります。" if self.proved else ""
            return f"この台帳の{size}件の記帳は、すべて足し算が合い、書きかえられていません。{mine}"
        if all(check.wrong == check.beyond for check in self.checks.values()):
            return (
                f"この{self[4].counted}件は合っていますが、お持ちのものは、もっと先の記帳を知って"
                "います。10分ほどあとの新しい公開データで、もう一度お確かめください。"
                "それでもこう出るときは、記帳がなくなっています。"
            )
        numbers = ", ".join(str(check.number) for check in self.checks.values() if not check.ok)
        return f"この台帳には合わないところがあります（check {numbers}）。"
