// How what a page shows is written in its address: plain `key=value` pairs, repeated where there are several
// values, so that an address can be read, typed and sent.

export type Search = Record<string, string | string[] | undefined>;

export function parseSearch(text: string): Record<string, string | string[]> {
  const search: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const known = search[key];
    if (known === undefined) search[key] = value;
    else search[key] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === 'string' && one !== '') pairs.append(key, one);
    }
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}

/** One text of a search; of several the last. */
export function text(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value.at(-1) : value;
  return typeof one === 'string' && one !== '' ? one : undefined;
}

/** All texts of a search, each once; absent if there are none. */
export function texts(value: unknown): string[] | undefined {
  const all = (Array.isArray(value) ? value : [value]).filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  return all.length === 0 ? undefined : [...new Set(all)];
}
