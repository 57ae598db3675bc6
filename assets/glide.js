// Lets items of a list glide to where a change put them.

const MOVE = { id: "move", duration: 520, easing: "cubic-bezier(0.22, 0.8, 0.24, 1)" };

/** Runs `change`. `items` says which elements there are, as pairs of an id and an element. */
export function glide(items, change) {
  const before = new Map();
  for (const [id, item] of items()) before.set(id, item.getBoundingClientRect());
  change();
  const after = [...items()];
  // Each in turn would have the browser lay out the list anew for every item.
  for (const [, item] of after) for (const running of item.getAnimations()) if (running.id === "move") running.cancel();
  const places = after.map(([id, item]) => [item, before.get(id), item.getBoundingClientRect()]);
  for (const [item, from, to] of places) {
    const keyframes = way(from, to);
    if (keyframes) item.animate(keyframes, MOVE);
  }
}

function way(from, to) {
  if (!from) return { opacity: [0, 1] };
  // The item changes its shape, onto a podium or off it; and a wide one must not fly in from the side.
  if (Math.abs(from.width - to.width) > 1) {
    return { opacity: [0, 1], transform: [`translateY(${Math.sign(from.top - to.top) * 24}px)`, "none"] };
  }
  const [x, y] = [from.left - to.left, from.top - to.top];
  if (Math.abs(x) < 1 && Math.abs(y) < 1) return null;
  return { transform: [`translate(${x}px, ${y}px)`, "none"] };
}
