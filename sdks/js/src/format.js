/**
 * A score for people; see the types.
 *
 * @param {number} score
 * @param {import("../index.d.ts").ScoreFormat} [format]
 * @param {import("../index.d.ts").FormatOptions} [options]
 */
export function formatScore(score, format = "number", { locale, decimals = format === "time" ? 3 : 6 } = {}) {
  const units = Math.round(Math.abs(score) * 10 ** decimals);
  if (format !== "time" || !Number.isSafeInteger(units)) {
    return new Intl.NumberFormat(locale, { maximumFractionDigits: decimals }).format(score);
  }
  // Rounded before it is taken apart: 59.9999 s are a minute.
  const seconds = Math.floor(units / 10 ** decimals);
  const fraction = String(units % 10 ** decimals).padStart(decimals, "0");
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const sign = score < 0 && units ? "-" : "";
  const clock = hours ? `${hours}:${two(minutes)}` : String(minutes);
  return `${sign}${clock}:${two(seconds % 60)}${decimals ? `.${fraction}` : ""}`;
}
