/* Comforts of the name and address form; the server does all of it without this file. */
"use strict";
(() => {
  const by = (id) => document.getElementById(id);

  /* Furigana from what the input method shows while kana are typed; the donor's own typing wins. */
  const kana = by("kana");
  if (kana) {
    let mine = kana.value === "";
    let parts = {};
    const katakana = (text) =>
      text.replace(/[ぁ-ゖ]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 96));
    kana.addEventListener("input", () => (mine = false));
    for (const id of ["family_name", "given_name", "single_name", "organisation"]) {
      const name = by(id);
      if (!name) continue;
      let heard = "";
      name.addEventListener("compositionupdate", (event) => {
        if (/^[ぁ-ゖァ-ヺー]+$/.test(event.data)) heard = event.data;
      });
      name.addEventListener("compositionend", () => {
        if (mine && heard) {
          parts[id] = (name.value ? parts[id] || "" : "") + katakana(heard);
          kana.value = Object.values(parts).join(" ");
        }
        heard = "";
      });
      name.addEventListener("input", () => {
        if (mine && !name.value) {
          delete parts[id];
          kana.value = Object.values(parts).join(" ");
        }
      });
    }
  }

  /* The town of the postcode before the first line of the address; focus never moves, typed text stays. */
  const code = by("postal_code");
  const line = by("address1");
  const places = by("places");
  if (!code || !line || !places) return;
  let filled = "";
  let asked = "";
  /* The town before what was typed, nothing twice: as with_town() in giving/domain/donor.py. */
  const joined = (town, typed) => {
    if (town.includes(typed)) return town;
    if (typed.startsWith(town)) return typed;
    for (let start = 0; start < town.length - 1; start += 1)
      if (typed.startsWith(town.slice(start))) return town + typed.slice(town.length - start);
    return /^(東京都|北海道|京都府|大阪府|.{2,3}県)/.test(typed) ? typed : town + typed;
  };
  const fill = (text) => {
    const typed = line.value.trim();
    const ours = filled && typed.startsWith(filled);
    line.value = ours ? text + typed.slice(filled.length) : joined(text, typed);
    filled = text;
  };
  code.addEventListener("input", () => {
    const digits = code.value.normalize("NFKC").replace(/[^0-9]/g, "");
    if (digits.length !== 7 || digits === asked) return;
    asked = digits;
    fetch(places.dataset.lookup + "?postcode=" + digits, { headers: { Accept: "application/json" } })
      .then((answer) => answer.json())
      .then(({ towns }) => {
        places.replaceChildren();
        if (towns.length === 1) fill(towns[0].line);
        if (towns.length < 2) return;
        for (const [index, town] of towns.entries()) {
          const choice = document.createElement("div");
          choice.className = "choice";
          const radio = Object.assign(document.createElement("input"), {
            type: "radio", name: "town", id: "town-" + index, value: town.line,
          });
          const label = Object.assign(document.createElement("label"), {
            htmlFor: radio.id, textContent: town.line,
          });
          radio.addEventListener("change", () => fill(town.line));
          choice.append(radio, label);
          places.append(choice);
        }
      })
      .catch(() => {});
  });
})();
