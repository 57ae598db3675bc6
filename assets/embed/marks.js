// Elements with their classes. In a shadow tree each class is a part as well, so that the page around can style it.

export class Marks {
  constructor(isShadow) {
    this.isShadow = isShadow;
  }

  /** Gives an element these classes, named without `rankora-`, and no others. */
  mark(element, ...words) {
    const names = words.flatMap((word) => (word ? word.trim().split(" ") : [])).map((word) => `rankora-${word}`);
    const text = names.join(" ");
    if (element.className === text) return;
    element.className = text;
    if (this.isShadow) element.setAttribute("part", text);
  }

  make(name, words, parent) {
    const element = document.createElement(name);
    this.mark(element, words);
    parent?.append(element);
    return element;
  }
}

/** Everything that came from somebody is put in as text. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
