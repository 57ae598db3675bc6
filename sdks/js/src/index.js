export { Rankora } from "./client.js";
export { RankoraError } from "./error.js";
export { formatScore } from "./format.js";
export { LiveLeaderboard } from "./live.js";
export { localPlayerId } from "./player.js";
export { SubmissionQueue } from "./queue.js";
export { checkMetadata, checkName, checkScore } from "./validate.js";
