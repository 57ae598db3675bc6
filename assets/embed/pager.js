// From one page of a leaderboard to the next.

import { put } from "./marks.js";

export class Pager {
  constructor(marks, texts, root, turn) {
    Object.assign(this, { marks, texts });
    const footer = marks.make("div", "footer", root);
    const pager = marks.make("nav", "pager", footer);
    pager.ariaLabel = texts.say("pages");
    this.previous = this.#button("previous", pager, () => turn(this.page - 1));
    this.range = marks.make("span", "range", pager);
    this.next = this.#button("next", pager, () => turn(this.page + 1));
  }

  #button(name, parent, act) {
    const button = this.marks.make("button", `button ${name}`, parent);
    button.type = "button";
    put(button, this.texts.say(name));
    // One that is disabled for good would lose the focus.
    button.onclick = () => button.ariaDisabled !== "true" && act();
    return button;
  }

  show({ page, limit, offset, total }) {
    this.page = page;
    this.#allow(this.previous, "previous", page > 1);
    this.#allow(this.next, "next", offset + limit < total);
    const numbers = { from: Math.min(offset + 1, total), to: Math.min(offset + limit, total), total };
    put(this.range, this.texts.say("range", numbers));
  }

  #allow(button, name, isAllowed) {
    button.ariaDisabled = String(!isAllowed);
    this.marks.mark(button, `button ${name}`, !isAllowed && "button-disabled");
  }
}
