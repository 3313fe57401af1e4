// How long to wait before the stream is tried again.

const BASE = 500;
const CAP = 15_000;

/**
 * Doubles with every failure in a row, up to a cap. Half of it is left to chance, so that many browsers do not
 * come back to a daemon that has just started at the same moment.
 */
export function backoff(failures: number, chance: number = Math.random()): number {
  const ceiling = Math.min(CAP, BASE * 2 ** Math.max(0, failures - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * chance);
}
