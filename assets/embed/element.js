// The ways onto a page: the element, the script that stands where the leaderboard shall be, and the server's own page.

import { ATTRIBUTES, options } from "./options.js";
import { View } from "./view.js";

const NAME = "rankora-leaderboard";
// The server puts assets/embed/embed.css in here, with a shorter beginning of each class.
const CSS = "CSS";
const script = document.currentScript;
const SERVER = script?.src ? new URL(script.src).origin : location.origin;

const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS.replaceAll("~", "rankora-"));

class RankoraLeaderboard extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  #root = this.attachShadow({ mode: "open" });
  #view = null;
  #isDue = false;

  /** Puts a leaderboard where a script with a key stands. A further script of the same file uses the first one's. */
  static mount(script, server) {
    const read = (name) => script.getAttribute(`data-${name}`);
    const asked = options(read, script);
    asked.server ||= server;
    const isFrame = script.hasAttribute("data-frame");
    // Its page names the style sheet, and the owner's behind it.
    if (!isFrame) document.adoptedStyleSheets = [...new Set([...document.adoptedStyleSheets, sheet])];
    const drawn = script.previousElementSibling;
    const view = new View(asked, {
      kind: isFrame ? "frame" : "script",
      board: JSON.parse(read("board") ?? "null"),
      mount: isFrame ? (root) => drawn.replaceWith(root) : null,
    });
    if (!isFrame) script.after(view.root);
  }

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    this.#view?.end();
    this.#view = null;
  }

  attributeChangedCallback() {
    if (!this.#view || this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.isConnected) this.#start();
    });
  }

  #start() {
    const before = this.#view;
    const asked = options((name) => this.getAttribute(name), this);
    asked.server ||= SERVER;
    this.#view = new View(asked, { kind: "element" });
    // Only now, so that the stream goes on.
    before?.end();
    this.#root.replaceChildren(this.#view.root);
  }
}

if (!customElements.get(NAME)) {
  // The frames of this server that ask for it are as high as they would like to be; see assets/frame.js.
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== SERVER || data?.type !== "rankora-height") return;
    for (const frame of document.querySelectorAll("iframe[data-rankora-fit]")) {
      if (frame.contentWindow === source) frame.style.height = `${data.height}px`;
    }
  });
  customElements.define(NAME, RankoraLeaderboard);
}
if (script?.hasAttribute("data-key")) customElements.get(NAME).mount(script, SERVER);
