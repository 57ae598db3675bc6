/** Which score is ahead: `desc` the higher, `asc` the lower. */
export type SortOrder = "asc" | "desc";

/** What scores are: plain numbers, or times in seconds. */
export type ScoreFormat = "number" | "time";

/** What a submission does to the score that a player has. */
export type Policy = "latest" | "best" | "sum";

/** What a game keeps with an entry: up to 10 values under keys of 1 to 32 characters; texts of up to 64. */
export type Metadata = Record<string, string | number | boolean>;

/** The key's leaderboard. */
export interface Leaderboard {
  id: string;
  name: string;
  sortOrder: SortOrder;
  scoreFormat: ScoreFormat;
  /** Decimals to show scores with, 0 to 6; null for as many as there are. */
  decimals: number | null;
  /** What stands behind a score; null for nothing. */
  unit: string | null;
  policy: Policy;
  totalEntries: number;
  /** RFC 3339. */
  createdAt: string;
  /** The order that it is being changed to; null unless that is going on. */
  pendingSortOrder: SortOrder | null;
}

/** A row of the leaderboard. */
export interface Entry {
  /** Stays the same for a player on this leaderboard, and can't be turned into a player's id. */
  id: string;
  name: string;
  score: number;
  metadata: Metadata | null;
  /** From 1, in the order asked for. */
  rank: number;
  /** RFC 3339. */
  updatedAt: string;
  /** On the entry of the player who was asked for. */
  isCurrentPlayer?: true;
}

/** A part of the leaderboard. */
export interface Page {
  entries: Entry[];
  pagination: {
    limit: number;
    offset: number;
    /** Entries on the leaderboard. */
    total: number;
  };
}

/** One player's entry. */
export interface PlayerEntry {
  leaderboardId: string;
  name: string;
  score: number;
  playerId: string;
  metadata: Metadata | null;
  /** From 1, in the leaderboard's own order. */
  rank: number;
  /** RFC 3339. */
  createdAt: string;
  /** RFC 3339. */
  updatedAt: string;
}

/** A score to submit. */
export interface Submission {
  /** 3 to 50 letters, marks and digits of any script, spaces, `_` and `-`. */
  name: string;
  /** A finite number. */
  score: number;
  /** A UUID. Without one, the server makes a new player; a {@link SubmissionQueue} takes the one who plays here. */
  playerId?: string;
  /** Left out, what is there is kept; null or `{}` clears it. */
  metadata?: Metadata | null;
}

/** The answer to a submission. */
export interface Submitted {
  playerId: string;
  /** From 1. */
  rank: number;
  /** The player's score, as the leaderboard's policy has made it. */
  score: number;
  /** Null for a new entry. */
  previousScore: number | null;
  /** Null for a new entry. */
  previousRank: number | null;
  totalEntries: number;
}

/** What the account has used of its plan; what is left is null where there is no limit. */
export interface Usage {
  currentRequests: number;
  remainingRequests: number | null;
  currentLeaderboards: number;
  remainingLeaderboards: number | null;
  currentEntries: number;
  remainingEntries: number | null;
  plan: string;
  /** When the requests begin anew; RFC 3339. */
  resetsAt: string;
}

/** Which part of the leaderboard, and how. */
export interface PageOptions {
  /** Rows, 1 to 50. */
  limit?: number;
  /** Rows skipped. */
  offset?: number;
  /** The leaderboard's own where left out. */
  order?: SortOrder;
  /** Marks this player's entry. */
  playerId?: string;
}

/** How to ask. */
export interface RequestOptions {
  /** Ends the request, and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for each attempt. */
  timeout?: number;
  /** Attempts after the first, where repeating may help and does no harm. */
  retries?: number;
}

export interface SubmitOptions extends RequestOptions {
  /** 1 to 255 characters; made at random where left out. The same one again gets the first answer, and writes nothing. */
  idempotencyKey?: string;
}

export interface RankoraOptions {
  /** Where the server is, without `/api/v1`: `https://scores.example.org`. */
  baseUrl: string;
  /**
   * `rk_pub_…` reads and is safe in a page; `rk_sec_…` writes as well and belongs on a server, and so does `rk_mgt_…`,
   * which is for `rankora/management`. Left out where a server of yours, at `baseUrl`, puts it in.
   */
  key?: string;
  /** Milliseconds for each attempt; 10,000 where left out. */
  timeout?: number;
  /** Attempts after the first; 2 where left out. */
  retries?: number;
  /** In place of the runtime's own. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** One leaderboard, as its key lets it be seen. All methods reject with a {@link RankoraError}. */
export class Rankora {
  constructor(options: RankoraOptions);
  /** The leaderboard's settings and size. */
  leaderboard(options?: RequestOptions): Promise<Leaderboard>;
  /** A page, of 5 rows unless `limit` says otherwise. */
  list(options?: PageOptions & RequestOptions): Promise<Page>;
  /** Page after page, of 50 rows unless `limit` says otherwise. */
  pages(options?: PageOptions & RequestOptions): AsyncGenerator<Page, void, void>;
  /**
   * Entry after entry, none of them twice. One that moves up meanwhile, past what was read already, is left out.
   * `limit` is the size of the pages that are asked for.
   */
  entries(options?: PageOptions & RequestOptions): AsyncGenerator<Entry, void, void>;
  /** One player's entry; `not_found` where there is none. */
  entry(playerId: string, options?: RequestOptions): Promise<PlayerEntry>;
  /** Submits a score, once, however often it has to be sent. Needs a secret key. */
  submit(submission: Submission, options?: SubmitOptions): Promise<Submitted>;
  /** Removes a player's entry; `not_found` where there is none. Needs a secret key. */
  remove(playerId: string, options?: RequestOptions): Promise<void>;
  /** What the account has used. Needs a secret key. */
  usage(options?: RequestOptions): Promise<Usage>;
  /** Any route below `/api/v1`, with the key and without all else that is done here. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** What goes wrong. */
export class RankoraError extends Error {
  constructor(
    message: string,
    about: {
      code: string;
      status?: number;
      field?: string;
      retryAfter?: number;
      requestId?: string;
      cause?: unknown;
    },
  );
  /**
   * A stable word. The server's: `unauthorized`, `forbidden`, `not_found`, `invalid_…`, `plan_restriction`,
   * `plan_limit`, `quota_exceeded`, `rate_limited`, `stream_limit`, `unavailable`, `not_confirmed` and others. From here:
   * `network`, `timeout`, `unexpected_answer` (from something in between), `queue_full`, `no_streams`.
   */
  readonly code: string;
  /** Of HTTP; 0 where there was no answer, or nothing was sent. */
  readonly status: number;
  /** The field that is to blame. */
  readonly field: string | undefined;
  /** Seconds after which to ask again. */
  readonly retryAfter: number | undefined;
  /** For whoever looks into the server's log. */
  readonly requestId: string | undefined;
}

/**
 * - `connecting`: nothing is known yet
 * - `live`: a stream keeps it right
 * - `polling`: it is read every few seconds, since there is no stream
 * - `reconnecting`: the server can't be reached; what is shown is the last that was known
 * - `stopped`: the key or the request is refused; the next `subscribe` tries again
 */
export type LiveState = "connecting" | "live" | "polling" | "reconnecting" | "stopped";

/** A leaderboard at one moment. It never changes: what changes is another one. */
export interface LiveSnapshot {
  readonly state: LiveState;
  readonly entries: readonly Entry[];
  /** Entries on the leaderboard. */
  readonly total: number;
  /** With `playerId`: that player's entry, on the page or not; without `id` where it was polled from elsewhere. */
  readonly player: (Omit<Entry, "id"> & { id?: string }) | null;
  /** While `reconnecting` or `stopped`, why. */
  readonly error?: Error;
}

export interface LiveOptions extends PageOptions {
  /** Rows, 1 to 50; 10 where left out. */
  limit?: number;
  /** Milliseconds between two looks where there is no stream; 5,000 where left out. Each look counts as a request. */
  pollEvery?: number;
}

/**
 * A page of the leaderboard that stays right by itself: over a stream that goes on where it broke, or by polling where
 * the plan, the runtime or the network has no streams. It runs while somebody is subscribed.
 */
export class LiveLeaderboard {
  constructor(client: Rankora, options?: LiveOptions);
  /** Calls the listener now and with each change. Returns how to stop. */
  subscribe: (listener: (snapshot: LiveSnapshot) => void) => () => void;
  /** How it stands; the same object until something changes. */
  getSnapshot: () => LiveSnapshot;
}

/** Where texts are kept; `localStorage` is one. */
export interface Storage {
  getItem(name: string): string | null | Promise<string | null>;
  setItem(name: string, value: string): void | Promise<void>;
}

export interface QueueOptions {
  /** Tells queues of one app apart: one for each leaderboard. `default` where left out. */
  name?: string;
  /** `localStorage` in a browser where left out; elsewhere, what waits is lost with the process. */
  storage?: Storage;
  /** What waits for a player: the `latest` submission (where left out), the `best` one, or, for sums, `all` of them. */
  keep?: "latest" | "best" | "all";
  /** What is better; `desc` (the higher) where left out. */
  order?: SortOrder;
  /** Submissions that wait at the most; 100 where left out. Beyond, the oldest are refused with `queue_full`. */
  limit?: number;
  /** Hears of each submission that the leaderboard has taken. */
  onAccepted?: (answer: Submitted, submission: Submission & { playerId: string }) => void;
  /** Hears of each submission that is given up, and why. */
  onRefused?: (error: RankoraError, submission: Submission & { playerId: string }) => void;
}

/**
 * Submissions that aren't lost while the server can't be reached. They wait in a storage, over restarts too, and are
 * sent in order, each of them once. Needs a secret key, or a server of yours that puts it in.
 */
export class SubmissionQueue {
  constructor(client: Rankora, options?: QueueOptions);
  /** The id of whoever plays here, made at first use and kept in the storage. */
  playerId(): Promise<string>;
  /**
   * Sends a submission. Null where that isn't possible now: it is kept, and sent as soon as it is. Rejects where the
   * submission is refused, and where the key is: then it is kept as well.
   */
  submit(submission: Submission): Promise<Submitted | null>;
  /** What waits, in order. */
  pending(): Promise<(Submission & { playerId: string })[]>;
  /** Sends what waits, now. It is sent by itself too: after a while, and when the browser is online again. */
  flush(): Promise<void>;
  /** A player's entry; of whoever plays here where left out. One that the leaderboard has lost is submitted anew. */
  entry(playerId?: string): Promise<PlayerEntry>;
  /** Removes a player's entry for good, and what waits for it. */
  remove(playerId?: string): Promise<void>;
  /** Stops sending; what waits is kept. */
  close(): void;
}

/** The id of whoever plays here, made at first use and kept in the storage; that of a browser where left out. */
export function localPlayerId(storage?: Storage): Promise<string>;

export interface FormatOptions {
  /** BCP 47, of plain numbers; the runtime's own where left out. */
  locale?: string;
  /** Digits behind the point: of numbers at the most 6 where left out, of times always 3. */
  decimals?: number;
}

/** A score for people: `1,234.5`; of times `1:23.250`, or `1:02:03.000` with hours. */
export function formatScore(score: number, format?: ScoreFormat, options?: FormatOptions): string;

/** The name as the server will keep it, trimmed and composed; throws a {@link RankoraError} where it will be refused. */
export function checkName(name: string): string;

/** The score; throws a {@link RankoraError} where the server would refuse it. */
export function checkScore(score: number): number;

/** The metadata without what is undefined; throws a {@link RankoraError} where the server would refuse it. */
export function checkMetadata(metadata: Metadata | null): Metadata | null;
