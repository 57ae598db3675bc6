import { RankoraError } from "./error.js";

/** Milliseconds: up to here failures double the pause. */
const LONGEST_BACKOFF = 60_000;
/** Milliseconds: what is asked for may be weeks, which no timer can count; and a plan may change before. */
const LONGEST_PAUSE = 3_600_000;

/**
 * Milliseconds to wait after so many failures in a row: twice as long each time, jittered so that clients don't come
 * back all at once, and no less than the server asks for, up to an hour.
 *
 * @param {number} failures
 * @param {number} first Milliseconds after the first failure.
 * @param {number} [retryAfter] Seconds.
 */
export function pause(failures, first, retryAfter = 0) {
  const backoff = Math.min(first * 2 ** (failures - 1), Math.max(first, LONGEST_BACKOFF));
  return Math.min(retryAfter * 1000 + backoff * (0.75 + Math.random() / 2), LONGEST_PAUSE);
}

/**
 * Waits. Ends early, with the reason, where the signal does.
 *
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      signal?.aborted ? reject(signal.reason) : resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}

/**
 * Begins a deadline, which `renew` puts off: its signal fires when the time is up, or when the caller's signal does.
 * `end` has to be called.
 *
 * @param {number} ms
 * @param {AbortSignal} [outer]
 */
export function deadline(ms, outer) {
  const controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const abort = () => controller.abort(outer?.reason);
  const expire = () => controller.abort(new RankoraError("The server took too long", { code: "timeout" }));
  const renew = (/** @type {number} */ ms) => {
    clearTimeout(timer);
    timer = setTimeout(expire, ms);
  };
  const end = () => {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  };
  renew(ms);
  outer?.addEventListener("abort", abort);
  if (outer?.aborted) abort();
  return { signal: controller.signal, renew, end };
}
