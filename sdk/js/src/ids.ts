/** A UUID, version 4, out of random bytes. `crypto.randomUUID` is missing from pages without TLS. */
export const uuidOf = (byte: () => number): string =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (Number(digit) ^ (byte() & (15 >> (Number(digit) / 4)))).toString(16),
  );
