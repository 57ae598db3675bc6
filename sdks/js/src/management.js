import { Connection } from "./connection.js";
import { withQuery } from "./naming.js";
import { invalid, UUID } from "./validate.js";

/** @import * as Types from "../management.d.ts" */
/** @import { Leaderboard, RequestOptions, Usage } from "../index.d.ts" */

const LEADERBOARDS = "/leaderboards";
const HEADERS = { "Content-Type": "application/json" };

/** An account: its leaderboards, their keys, and what is used; see the types. */
export class Management extends Connection {
  /** @returns {Promise<Types.LeaderboardPage>} */
  leaderboards(/** @type {Types.LeaderboardPageOptions & RequestOptions} */ options = {}) {
    const { limit, offset } = options;
    return this.ask("GET", withQuery(LEADERBOARDS, { limit, offset }), options);
  }

  /** @returns {AsyncGenerator<Leaderboard, void, void>} */
  async *allLeaderboards(/** @type {RequestOptions} */ options) {
    for (let offset = 0, total = 1; offset < total; ) {
      const page = await this.leaderboards({ ...options, offset });
      yield* page.leaderboards;
      // One that is shorter than it should be is the last one.
      total = page.leaderboards.length && page.pagination.total;
      offset += page.leaderboards.length;
    }
  }

  /** @returns {Promise<Leaderboard>} */
  async leaderboard(/** @type {string} */ id, /** @type {RequestOptions} */ options) {
    return this.ask("GET", pathOf(id), options);
  }

  /** @returns {Promise<Leaderboard>} */
  createLeaderboard(/** @type {Types.NewLeaderboard} */ settings, /** @type {RequestOptions} */ options) {
    return this.ask("POST", LEADERBOARDS, options, sent(settings));
  }

  /** @returns {Promise<Leaderboard>} */
  async updateLeaderboard(
    /** @type {string} */ id,
    /** @type {Types.LeaderboardSettings} */ changes,
    /** @type {RequestOptions} */ options,
  ) {
    return this.ask("PATCH", pathOf(id), options, sent(changes));
  }

  /** @returns {Promise<void>} */
  async deleteLeaderboard(/** @type {string} */ id, /** @type {RequestOptions} */ options) {
    await this.ask("DELETE", pathOf(id), options);
  }

  /** @returns {Promise<number>} */
  async resetLeaderboard(/** @type {string} */ id, /** @type {RequestOptions} */ options) {
    return (await this.ask("POST", `${pathOf(id)}/reset`, options)).removedEntries;
  }

  /** @returns {Promise<Types.Key[]>} */
  async keys(/** @type {string} */ leaderboardId, /** @type {RequestOptions} */ options) {
    return (await this.ask("GET", `${pathOf(leaderboardId)}/keys`, options)).keys;
  }

  /** @returns {Promise<Types.CreatedKey>} */
  async createKey(
    /** @type {string} */ leaderboardId,
    /** @type {Types.NewKey} */ { kind, label },
    /** @type {RequestOptions} */ options,
  ) {
    const body = JSON.stringify({ kind, label });
    return this.ask("POST", `${pathOf(leaderboardId)}/keys`, options, { headers: HEADERS, body });
  }

  /** @returns {Promise<void>} */
  async revokeKey(
    /** @type {string} */ leaderboardId,
    /** @type {string} */ keyId,
    /** @type {RequestOptions} */ options,
  ) {
    await this.ask("DELETE", `${pathOf(leaderboardId)}/keys/${checkId(keyId, "key_id")}`, options);
  }

  /** @returns {Promise<Usage>} */
  usage(/** @type {RequestOptions} */ options) {
    return this.ask("GET", "/usage", options);
  }
}

/**
 * Before it becomes part of a path: `..` would make another route of it, and some of them delete.
 *
 * @param {string} id
 * @param {string} field
 */
function checkId(id, field) {
  if (!UUID.test(id)) throw invalid(field, `The ${field} must be a UUID`);
  return id;
}

const pathOf = (/** @type {string} */ id) => `${LEADERBOARDS}/${checkId(id, "id")}`;

/** @param {Types.LeaderboardSettings} settings */
const sent = ({ name, sortOrder: sort_order, scoreFormat: score_format, decimals, unit, policy }) => ({
  headers: HEADERS,
  body: JSON.stringify({ name, sort_order, score_format, decimals, unit, policy }),
});
