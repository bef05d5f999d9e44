/* Typing rows: Enter goes on to the next field, Ctrl+Enter saves. Without this file Enter saves. */
"use strict";
(function () {
  const form = document.getElementById("row-form");
  if (!form) return;
  const fields = () =>
    Array.from(form.querySelectorAll("input:not([type=hidden]), textarea, select, button"));
  form.addEventListener("keydown", (event) => {
    /* While an input method composes, Enter belongs to it (229: as Safari tells it). */
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    if (event.target.matches("button, textarea") && !event.ctrlKey) return;
    event.preventDefault();
    if (event.ctrlKey) {
      form.requestSubmit();
      return;
    }
    const all = fields();
    const next = all[all.indexOf(event.target) + (event.shiftKey ? -1 : 1)];
    if (!next) return;
    if (next.matches("button")) {
      form.requestSubmit();
      return;
    }
    next.focus();
    if (next.select) next.select();
  });
})();
