// From one page of a leaderboard to the next.

import { put } from "./marks.js";

export class Pager {
  constructor(view) {
    this.view = view;
    const pager = view.make("nav", "pager", view.make("div", "footer", view.root));
    pager.ariaLabel = view.texts.say("pages");
    this.previous = this.#button("previous", pager, () => view.turn(view.page - 1));
    this.range = view.make("span", "range", pager);
    this.next = this.#button("next", pager, () => view.turn(view.page + 1));
  }

  #button(name, parent, act) {
    const button = this.view.make("button", `button ${name}`, parent);
    button.type = "button";
    put(button, this.view.texts.say(name));
    // One that is disabled for good would lose the focus.
    button.onclick = () => button.ariaDisabled !== "true" && act();
    return button;
  }

  show({ limit, offset, total }) {
    this.#allow(this.previous, "previous", offset > 0);
    this.#allow(this.next, "next", offset + limit < total);
    const numbers = { from: Math.min(offset + 1, total), to: Math.min(offset + limit, total), total };
    put(this.range, this.view.texts.say("range", numbers));
  }

  #allow(button, name, isAllowed) {
    button.ariaDisabled = String(!isAllowed);
    this.view.mark(button, `button ${name}`, !isAllowed && "button-disabled");
  }
}
