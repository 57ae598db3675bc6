// In the page for frames: tells the page around it how high it would like to be.

function tell() {
  const root = document.querySelector(".rankora-root");
  // Nothing is known yet, and a frame without height draws nothing.
  if (!root || root.classList.contains("rankora-state-loading")) return;
  // Else never less than the frame is, which shall follow.
  root.style.minHeight = 0;
  const height = Math.ceil(root.getBoundingClientRect().height);
  root.style.minHeight = "";
  if (height) parent.postMessage({ type: "rankora-height", height }, "*");
}

if (parent !== window) {
  new ResizeObserver(tell).observe(document.body);
  new MutationObserver(tell).observe(document.body, { childList: true, subtree: true });
  tell();
}
