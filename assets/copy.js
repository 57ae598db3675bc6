// A button beside each piece of code that copies it.

export function addCopyButtons(root, say) {
  for (const code of root.querySelectorAll("pre > code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(code, button, say));
    code.parentElement.after(button);
  }
}

async function copy(code, button, say) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Not allowed, or no secure address: the visitor's own keys can do it.
    getSelection().selectAllChildren(code);
    say("Selected; copy it with your keyboard");
    return;
  }
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => (button.textContent = "Copy"), 1_600);
}
