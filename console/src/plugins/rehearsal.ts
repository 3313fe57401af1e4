// What is asked for in a rehearsal, from what was typed, and what its counts mean. Pure.

import type { Rehearsal, RehearsalRequest } from '../api/types';

/** The request, or what is wrong with the settings. What is empty is as in the configuration. */
export function requestOf(plugin: string, settings: string): { body: RehearsalRequest } | { wrong: string } {
  const body: RehearsalRequest = {};
  if (plugin.trim() !== '') body.plugin = plugin.trim();
  if (settings.trim() === '') return { body };
  let value: unknown;
  try {
    value = JSON.parse(settings);
  } catch (thrown) {
    return { wrong: `This is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { wrong: 'Settings are a JSON object, such as {"pattern": "^[a-z]"}.' };
  }
  return { body: { ...body, settings: value as Record<string, never> } };
}

export function reviewed({ instances, requests }: Rehearsal): number {
  return instances.reviewed + requests.reviewed;
}

/** `bad` if it refuses what is there or cannot judge it. */
export function tone({ instances, requests, cut }: Rehearsal): 'good' | 'bad' | 'warn' {
  const bad = [instances, requests].some(({ would_refuse: refuse, failed }) => refuse + failed > 0);
  if (bad) return 'bad';
  return cut !== null || instances.reviewed + requests.reviewed === 0 ? 'warn' : 'good';
}

/** Why not everything was reviewed. */
export function cutWords(cut: NonNullable<Rehearsal['cut']>): string {
  switch (cut) {
    case 'timed_out':
      return 'It ended before everything was reviewed: its time was over ([rehearsal] timeout in the configuration).';
    case 'kept_failing':
      return 'It ended before everything was reviewed: the hook failed too often in a row.';
    case 'stopped':
      return 'It ended before everything was reviewed: the daemon ends.';
    default:
      return `It ended before everything was reviewed: ${cut}.`;
  }
}
