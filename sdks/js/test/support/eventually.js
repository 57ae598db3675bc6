/** Waits until `probe` gives something; fails where that takes too long. */
export async function eventually(what, probe, patience = 30_000) {
  for (const until = Date.now() + patience; Date.now() < until; ) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain: ${what}`);
}
