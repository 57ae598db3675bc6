/** Whether this is a browser or one of its workers; Node, Deno, Bun and Cloudflare give other names. */
export const isBrowser = () => /^Mozilla\//.test(globalThis.navigator?.userAgent ?? "");

/** A random UUID. `crypto.randomUUID` is missing in pages that came over plain HTTP. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  // Version 4, variant 8: two bits fewer at random than there could be.
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-8$4-");
}

/**
 * Where things are kept unless the app says otherwise: in a browser `localStorage`, if it is allowed; elsewhere
 * nowhere but here.
 *
 * @returns {import("../index.d.ts").Storage}
 */
export function defaultStorage() {
  try {
    if (isBrowser() && localStorage) return localStorage;
  } catch {
    // Cookies are blocked.
  }
  return memory;
}

/** @type {Map<string, string>} */
const kept = new Map();
/** Until the end of the page or the process. */
export const memory = {
  getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
  setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value),
};

/**
 * Calls an app's function. What it throws is its own affair: it is reported as uncaught, and stops nothing here.
 *
 * @template {unknown[]} T
 * @param {((...told: T) => void) | undefined} listener
 * @param {T} told
 */
export function tell(listener, ...told) {
  try {
    listener?.(...told);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
