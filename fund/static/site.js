/* Optional comforts. Every page works without this file; nothing here validates or blocks. */
"use strict";
(function () {
  const all = (selector, run) => document.querySelectorAll(selector).forEach(run);

  /* After a refused form or a finished act, start reading where the news is. */
  const news = document.querySelector("[data-focus]");
  if (news && !location.hash) news.focus();

  /* Typing an own amount chooses "another amount"; the amount is read back in plain figures. */
  all("[data-own-amount]", (input) => {
    const choice = document.getElementById(input.dataset.ownAmount);
    const echo = document.getElementById(input.id + "-echo");
    input.addEventListener("input", () => {
      if (choice && input.value.trim()) choice.checked = true;
      if (!echo) return;
      const digits = input.value.normalize("NFKC").replace(/[,\s¥円、]/g, "");
      echo.textContent = /^[0-9]{1,12}$/.test(digits)
        ? echo.dataset.text.replace("{yen}", Number(digits).toLocaleString("ja-JP"))
        : "";
    });
  });

  /* What is left of a gift that is split over several wishes; the server decides. */
  all("[data-split]", (box) => {
    const rest = box.querySelector("[data-split-rest]");
    const form = box.closest("form");
    const read = (text) => {
      const plain = text.normalize("NFKC").replace(/[,\s¥円、]/g, "");
      return plain === "" ? 0 : /^[0-9]{1,12}$/.test(plain) ? Number(plain) : NaN;
    };
    const tell = () => {
      const chosen = form.querySelector('[name="' + box.dataset.split + '"]:checked');
      const own = form.querySelector("[data-own-amount]");
      const whole = chosen ? read(chosen.value === "other" ? own.value : chosen.value) : NaN;
      let left = whole;
      box.querySelectorAll("input").forEach((input) => (left -= read(input.value)));
      const words = left < 0 ? box.dataset.over : box.dataset.left;
      rest.textContent = Number.isNaN(left)
        ? ""
        : words.replace("{yen}", Math.abs(left).toLocaleString("ja-JP"));
    };
    form.addEventListener("input", tell);
    tell();
  });

  /* How many characters are left, said politely after a pause in typing. */
  all("textarea[data-count]", (area) => {
    const out = document.getElementById(area.id + "-count");
    if (!out) return;
    let timer = 0;
    const tell = () => {
      const left = Number(area.dataset.count) - Array.from(area.value).length;
      out.textContent = (left < 0 ? out.dataset.over : out.dataset.left).replace("{n}", Math.abs(left));
    };
    area.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(tell, 400);
    });
    tell();
  });

  all("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  all("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () =>
      navigator.clipboard.writeText(button.dataset.copy).then(() => {
        button.textContent = button.dataset.done;
      }),
    );
  });

  /* Tick every row of a staff table at once. */
  all("[data-tick-all]", (box) => {
    box.hidden = false;
    box.addEventListener("change", () =>
      all('input[type="checkbox"][name="' + box.dataset.tickAll + '"]', (row) => {
        row.checked = box.checked;
      }),
    );
  });
})();
