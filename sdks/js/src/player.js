import { defaultStorage, memory, uuid } from "./platform.js";

const PLAYER = "rankora.player";

/**
 * The id of whoever plays here, made at first use.
 *
 * @param {import("../index.d.ts").Storage} [storage]
 * @returns {Promise<string>}
 */
export async function localPlayerId(storage = defaultStorage()) {
  try {
    const known = await storage.getItem(PLAYER);
    if (known) return known;
    const made = uuid();
    await storage.setItem(PLAYER, made);
    // Another tab may have been as quick.
    return (await storage.getItem(PLAYER)) ?? made;
  } catch {
    // Not allowed, or full: the same player at least until the end.
    return localPlayerId(memory);
  }
}
