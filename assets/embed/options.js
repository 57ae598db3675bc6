// What the page asks for: attributes of the element, `data-` attributes of the script.

import { NAMES } from "./texts.js";

export const LAYOUTS = ["table", "cards", "podium", "ticker"];
export const THEMES = "auto light dark forest midnight ocean ember candy paper slate arcade terminal contrast".split(" ");
const COLUMNS = ["rank", "name", "metadata", "move", "score", "updated"];
export const ATTRIBUTES = [
  ..."key server limit page paging order theme layout columns metadata player score-format decimals unit".split(" "),
  ..."locale refresh realtime animation heading header status".split(" "),
  ...NAMES.map((name) => `text-${name}`),
];

const list = (text) => text.split(",").map((part) => part.trim()).filter(Boolean);

function whole(text, least, most, otherwise) {
  const number = /^\d+$/.test(text) ? Number(text) : otherwise;
  return number === undefined ? number : Math.min(Math.max(number, least), most);
}

/** The options; `read` gives the text of one, or nothing. What can't be understood counts as left out. */
export function options(read, place) {
  const text = (name) => (read(name) ?? "").trim();
  const choice = (name, choices) => choices.find((one) => one === text(name)) ?? choices[0];
  const isOn = (name) => text(name) !== "off";
  const columns = list(text("columns")).filter((name) => COLUMNS.includes(name));
  return {
    key: text("key"),
    server: text("server").replace(/\/+$/, ""),
    limit: whole(text("limit"), 1, 50, 10),
    page: whole(text("page"), 1, 1e9, 1),
    hasPager: text("paging") === "on",
    order: ["asc", "desc"].find((order) => order === text("order")),
    theme: choice("theme", THEMES),
    layout: choice("layout", LAYOUTS),
    columns: [...new Set(columns.length ? columns : COLUMNS.slice(0, 5))],
    metadata: list(text("metadata")).slice(0, 10).map((part) => {
      const [key, label = key] = part.split(":");
      return { key, label };
    }),
    player: text("player"),
    format: ["number", "time", "plain"].find((format) => format === text("score-format")),
    decimals: text("decimals") === "auto" ? null : whole(text("decimals"), 0, 6),
    unit: isOn("unit") ? text("unit") || undefined : "",
    locale: text("locale") || place.closest("[lang]")?.lang || navigator.language,
    every: whole(text("refresh"), 5, 3_600, 15) * 1_000,
    hasStream: isOn("realtime"),
    moves: isOn("animation"),
    heading: read("heading") ?? null,
    hasHeader: isOn("header"),
    hasStatus: isOn("status"),
    texts: Object.fromEntries(NAMES.map((name) => [name, text(`text-${name}`)]).filter(([, own]) => own)),
  };
}
