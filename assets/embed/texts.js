// What a leaderboard says, in the visitor's language.

// The server puts assets/embed/texts.json in here: the names of the texts, and each language's in their order.
const { names, ...TEXTS } = "TEXTS";

export const NAMES = names;

/** The language of a locale, as far as there are texts in it. */
function language(locale) {
  const found = locale.toLowerCase().split("-")[0];
  return Object.hasOwn(TEXTS, found) ? found : "en";
}

export class Texts {
  constructor({ locale, texts }) {
    this.language = language(locale);
    this.isRightToLeft = this.language === "ar";
    this.texts = { ...Object.fromEntries(NAMES.map((name, index) => [name, TEXTS[this.language][index]])), ...texts };
    try {
      this.locale = Intl.getCanonicalLocales(locale)[0];
    } catch {
      this.locale = this.language;
    }
    this.whole = new Intl.NumberFormat(this.locale);
  }

  /** A text, with these numbers in it; of two forms the first one is for a `count` of one. */
  say(name, numbers = {}) {
    const [one, other = one] = this.texts[name].split("|");
    const text = numbers.count === 1 ? one : other;
    return text.replace(/\{(\w+)\}/g, (all, key) => (key in numbers ? this.whole.format(numbers[key]) : all));
  }
}
