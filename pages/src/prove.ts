/** Chance that was fixed beforehand, computed anew in the shopper's own browser: what the server says is not believed. */
const text = new TextEncoder();
const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether a browser can: pages without TLS have no such functions. */
export const canProve = (): boolean => !!crypto.subtle;

/** Whether the seed is the one that was committed to before anybody took part. */
export async function isCommitted(lines: string[], seed: string, commitment: string): Promise<boolean> {
  return hex(await crypto.subtle.digest("SHA-256", text.encode([...lines, seed].join("\n")))) === commitment;
}

/** The number a seed has for something: the first 128 bits of an HMAC, of which the remainder is taken. */
export async function remainder(seed: string, of: string, by: number): Promise<number> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", text.encode(seed), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(of))).slice(0, 16);
  return bytes.reduce((rest, byte) => (rest * 256 + byte) % by, 0);
}

/** Every cut of a bargain, as its seed has them; see the book. */
export async function cutsOf(seed: string, helps: number, above: number, least: number): Promise<number[]> {
  const weights: number[] = [];
  for (let at = 1; at <= helps; at++) weights.push(1 + (await remainder(seed, `cut/${at}`, 1_000)));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const total = above - helps * least;
  let [weight, before] = [0, 0];
  return weights.map((one) => {
    weight += one;
    const upTo = Math.floor((total * weight) / all);
    const share = upTo - before;
    before = upTo;
    return least + share;
  });
}
