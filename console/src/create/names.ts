// Names of instances: what is wrong with one, and which to suggest. Pure.

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/;
const LONGEST = 63;

/** Why a name cannot be one; null if it can. */
export function unfit(name: string): string | null {
  if (name === '') return 'Give it a name.';
  if (name.length > LONGEST) return `A name has at most ${LONGEST} characters; this one has ${name.length}.`;
  if (/[^a-z0-9-]/.test(name)) return 'Only small letters a–z, digits and “-” are allowed.';
  if (!LABEL.test(name)) return 'It must begin and end with a letter or a digit.';
  if (UUID.test(name)) return 'It looks like an id (a UUID), and names must not.';
  return null;
}

/** A name after its template that nobody has: `demo`, `demo-2`, `demo-3`… */
export function suggest(template: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? '' : `-${number}`;
    const name = template.slice(0, LONGEST - end.length).replace(/-+$/, '') + end;
    if (!taken.has(name)) return name;
  }
}
