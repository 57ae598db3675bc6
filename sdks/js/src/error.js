/** Everything that goes wrong; see the types for its fields and codes. */
export class RankoraError extends Error {
  name = "RankoraError";
  code = "";
  status = 0;
  /** @type {string | undefined} */
  field;
  /** @type {number | undefined} */
  retryAfter;
  /** @type {string | undefined} */
  requestId;

  /**
   * @param {string} message
   * @param {{ code: string, status?: number, field?: string, retryAfter?: number, requestId?: string, cause?: unknown }} about
   */
  constructor(message, { cause, ...about }) {
    super(message, { cause });
    Object.assign(this, about);
  }
}

/**
 * The error that an answer tells of. One that isn't in the server's form comes from something in between.
 *
 * @param {Response} response
 * @param {any} [body]
 */
export function errorOf({ status, headers }, body) {
  const known = typeof body?.code === "string" && status >= 400;
  return new RankoraError(known ? body.error : `An unexpected answer (status ${status})`, {
    code: known ? body.code : "unexpected_answer",
    status,
    field: body?.field,
    retryAfter: secondsUntil(headers.get("retry-after")),
    requestId: headers.get("x-request-id") ?? undefined,
  });
}

/** @param {string | null} text Seconds, or from a proxy a date. */
function secondsUntil(text) {
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
