// Scores as the dashboard shows them, and the form in which that is chosen.

import { scores } from "./scores.js";

/** A score as text, with these decimals (empty: as many as there are) and this unit (empty: none). */
export function shown(format, decimals, unit) {
  const score = scores("en", format, decimals === "" ? undefined : Number(decimals));
  return unit ? (value) => `${score(value)}\u00a0${unit}` : score;
}

export function begin(form, preview) {
  const show = () => {
    const { score_format: format, decimals, unit } = form.elements;
    preview.textContent = shown(format.value, decimals.value, unit.value.trim())(4083.456);
  };
  form.addEventListener("input", show);
  show();
}
