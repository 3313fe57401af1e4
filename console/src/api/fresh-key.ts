// A key for the header `Idempotency-Key`: what is sent again with it is done once.

/** Not `randomUUID`: that is only there where a page comes from this machine or by https. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
