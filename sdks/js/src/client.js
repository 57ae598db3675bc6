import { Connection } from "./connection.js";
import { withQuery } from "./naming.js";
import { uuid } from "./platform.js";
import { checkPlayerId, checkSubmission } from "./validate.js";

/** @import * as Types from "../index.d.ts" */

const ENTRIES = "/leaderboard/entries";

/** One leaderboard, as its key lets it be seen; see the types. */
export class Rankora extends Connection {
  /** @returns {Promise<Types.Leaderboard>} */
  leaderboard(/** @type {Types.RequestOptions} */ options) {
    return this.ask("GET", "/leaderboard", options);
  }

  /** @returns {Promise<Types.Page>} */
  list(/** @type {Types.PageOptions & Types.RequestOptions} */ options = {}) {
    return this.ask("GET", withQuery(ENTRIES, options), options);
  }

  /** @returns {AsyncGenerator<Types.Page, void, void>} */
  async *pages(/** @type {Types.PageOptions & Types.RequestOptions} */ { limit = 50, offset = 0, ...options } = {}) {
    for (;;) {
      const page = await this.list({ ...options, limit, offset });
      yield page;
      offset += page.entries.length;
      if (!page.entries.length || offset >= page.pagination.total) return;
    }
  }

  /** @returns {AsyncGenerator<Types.Entry, void, void>} */
  async *entries(/** @type {Types.PageOptions & Types.RequestOptions} */ options = {}) {
    const seen = new Set();
    for await (const page of this.pages(options)) {
      for (const entry of page.entries) {
        // Moved down past the end of its page, it would come a second time.
        if (!seen.has(entry.id)) yield entry;
        seen.add(entry.id);
      }
    }
  }

  /** @returns {Promise<Types.PlayerEntry>} */
  async entry(/** @type {string} */ playerId, /** @type {Types.RequestOptions} */ options) {
    return this.ask("GET", `${ENTRIES}/${checkPlayerId(playerId)}`, options);
  }

  /** @returns {Promise<Types.Submitted>} */
  async submit(
    /** @type {Types.Submission} */ submission,
    /** @type {Types.SubmitOptions} */ { idempotencyKey = uuid(), ...options } = {},
  ) {
    const { score, playerId: player_id, ...rest } = checkSubmission(submission);
    // Beyond 2^53 JSON has digits that the score has not, and the server refuses those. An exponent says it exactly.
    const number = Math.abs(score) > Number.MAX_SAFE_INTEGER ? score.toExponential() : score;
    const body = `${JSON.stringify({ ...rest, player_id }).slice(0, -1)},"score":${number}}`;
    const headers = { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey };
    return this.ask("POST", ENTRIES, options, { headers, body });
  }

  /** @returns {Promise<void>} */
  async remove(/** @type {string} */ playerId, /** @type {Types.RequestOptions} */ options) {
    await this.ask("DELETE", `${ENTRIES}/${checkPlayerId(playerId)}`, options);
  }

  /** @returns {Promise<Types.Usage>} */
  usage(/** @type {Types.RequestOptions} */ options) {
    return this.ask("GET", "/usage", options);
  }
}
