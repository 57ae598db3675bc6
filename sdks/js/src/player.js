import { defaultStorage, uuid } from "./platform.js";

const PLAYER = "rankora.player";

/**
 * The id of whoever plays here, made at first use.
 *
 * @param {import("../index.d.ts").Storage} [storage]
 */
export async function localPlayerId(storage = defaultStorage()) {
  const known = await storage.getItem(PLAYER);
  if (known) return known;
  const made = uuid();
  await storage.setItem(PLAYER, made);
  // Another tab may have been as quick.
  return (await storage.getItem(PLAYER)) ?? made;
}
