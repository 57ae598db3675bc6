import type {
  Leaderboard,
  Policy,
  RankoraError,
  RankoraOptions,
  RequestOptions,
  ScoreFormat,
  SortOrder,
  Usage,
} from "./index.js";

/** A leaderboard's settings; what is left out stays as it is. */
export interface LeaderboardSettings {
  /** 1 to 80 characters. */
  name?: string;
  /**
   * Another order takes effect when all entries are in it. Until then `pendingSortOrder` names it, and a second change is
   * refused with `conflict`.
   */
  sortOrder?: SortOrder;
  scoreFormat?: ScoreFormat;
  /** 0 to 6 decimals to show scores with; null for as many as there are. */
  decimals?: number | null;
  /** What stands behind a score, up to 12 characters; null for nothing. */
  unit?: string | null;
  policy?: Policy;
}

/** Settings of a new leaderboard: `desc`, `number` and `latest` where left out. */
export interface NewLeaderboard extends LeaderboardSettings {
  name: string;
}

/** A part of the account's leaderboards, oldest first. */
export interface LeaderboardPage {
  leaderboards: Leaderboard[];
  pagination: {
    limit: number;
    offset: number;
    /** Leaderboards of the account. */
    total: number;
  };
}

/** Which part of the account's leaderboards. */
export interface LeaderboardPageOptions {
  /** 1 to 50; 50 where left out. */
  limit?: number;
  /** Leaderboards skipped. */
  offset?: number;
}

/** `secret` writes and belongs on a server, `publishable` reads and is safe in a page. */
export type KeyKind = "secret" | "publishable";

/** A key of a leaderboard. */
export interface Key {
  id: string;
  kind: KeyKind;
  /** What the owner calls it. */
  label: string;
  /** Its text; null of a secret key, of which the server keeps a hash alone. */
  key: string | null;
  /** RFC 3339. */
  createdAt: string;
}

/** A key that was just made. */
export interface CreatedKey extends Key {
  /** Its text. That of a secret key is here and nowhere else. */
  key: string;
}

/** A key to make. */
export interface NewKey {
  kind: KeyKind;
  /** What to call it, up to 60 characters. */
  label?: string;
}

/**
 * An account: its leaderboards, their keys, and what is used. Needs a management key (`rk_mgt_…`), which belongs on a
 * server. All methods reject with a {@link RankoraError}. Reads are repeated as by a `Rankora`; what changes something is
 * repeated only after 429, since it has no Idempotency-Key.
 */
export class Management {
  constructor(options: RankoraOptions);
  /** The account's leaderboards, oldest first: 50 of them unless `limit` says otherwise. */
  leaderboards(options?: LeaderboardPageOptions & RequestOptions): Promise<LeaderboardPage>;
  /** Leaderboard after leaderboard, oldest first. */
  allLeaderboards(options?: RequestOptions): AsyncGenerator<Leaderboard, void, void>;
  /** One leaderboard; `not_found` where the account has no such one. */
  leaderboard(id: string, options?: RequestOptions): Promise<Leaderboard>;
  /** Makes a leaderboard; `plan_limit` where the plan has no room for it. */
  createLeaderboard(settings: NewLeaderboard, options?: RequestOptions): Promise<Leaderboard>;
  /** Changes what is given, and leaves the rest. */
  updateLeaderboard(id: string, changes: LeaderboardSettings, options?: RequestOptions): Promise<Leaderboard>;
  /** Deletes a leaderboard with its entries and its keys; its streams end. */
  deleteLeaderboard(id: string, options?: RequestOptions): Promise<void>;
  /** Removes all entries, and returns how many there were. */
  resetLeaderboard(id: string, options?: RequestOptions): Promise<number>;
  /** The keys of a leaderboard, oldest first. */
  keys(leaderboardId: string, options?: RequestOptions): Promise<Key[]>;
  /** Makes a key; a leaderboard can have 100. It works from now on. */
  createKey(leaderboardId: string, key: NewKey, options?: RequestOptions): Promise<CreatedKey>;
  /** Revokes a key: within a second it works on no replica, and its streams end. */
  revokeKey(leaderboardId: string, keyId: string, options?: RequestOptions): Promise<void>;
  /** What the account has used. */
  usage(options?: RequestOptions): Promise<Usage>;
  /** Any route below `/api/v1`, with the key and without all else that is done here. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}
