// Scores and times as a visitor reads them.

/** A score as text: a number, or seconds as hours, minutes and seconds. */
export function scores(locale, format, decimals) {
  const digits = { maximumFractionDigits: decimals ?? (format === "time" ? 3 : 6), minimumFractionDigits: decimals ?? 0 };
  const number = new Intl.NumberFormat(locale, digits);
  if (format === "plain") return (value) => String(value);
  if (format !== "time") return (value) => number.format(value);
  const seconds = new Intl.NumberFormat(locale, { ...digits, minimumIntegerDigits: 2 });
  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });
  const hours = new Intl.NumberFormat(locale);
  return (value) => {
    // In the smallest part that is shown, so that 59.9996 s become a minute.
    const unit = 10 ** digits.maximumFractionDigits;
    // What is too large for that has no fraction.
    const parts = Math.abs(value) * unit;
    const whole = parts < Infinity ? Math.round(parts) / unit : Math.abs(value);
    const sign = value < 0 && whole > 0 ? "−" : "";
    const minutes = Math.floor(whole / 60);
    const rest = seconds.format(whole % 60);
    if (minutes < 60) return `${sign}${hours.format(minutes)}:${rest}`;
    return `${sign}${hours.format(Math.floor(minutes / 60))}:${two.format(minutes % 60)}:${rest}`;
  };
}

/** A point in time as a date, with the time of day where it was today. */
export function times(locale) {
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  return (text) => {
    const at = new Date(text);
    return (at.toDateString() === new Date().toDateString() ? clock : date).format(at);
  };
}
