// Durations of calls: microseconds in, three digits at most and a unit out. Pure.

export function duration(microseconds: number): string {
  if (microseconds < 1_000) return `${microseconds} µs`;
  if (microseconds < 1_000_000) return `${digits(microseconds / 1_000)} ms`;
  return `${digits(microseconds / 1_000_000)} s`;
}

function digits(value: number): string {
  return value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString();
}
