// A tool's input schema as a form: which fields it has, and the arguments they make. Pure.
//
// Arguments are JSON text from end to end, and numbers keep the digits that were typed. What a field cannot hold
// (lists, objects, several types) is typed as JSON. The server has the last word: the form only catches what
// nobody can mean.

export type Schema = Record<string, unknown>;

export interface Argument {
  name: string;
  kind: 'text' | 'secret' | 'integer' | 'number' | 'boolean' | 'choice' | 'json';
  required: boolean;
  description: string | null;
  /** What may stand here, in words. */
  type: string;
  /** JSON texts. */
  choices: readonly string[];
  /** What the field holds at first. */
  initial: string;
}

export type Values = Readonly<Record<string, string>>;

export function argumentsOf(schema: Schema): Argument[] {
  const properties = record(schema.properties) ?? {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const all = Object.entries(properties).map(([name, value]) =>
    argument(name, record(value) ?? {}, required.includes(name)),
  );
  return [...all.filter((one) => one.required), ...all.filter((one) => !one.required)];
}

export function initialValues(fields: readonly Argument[]): Values {
  return Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));
}

/** The arguments as JSON text, and what is wrong with which field. */
export function toText(
  fields: readonly Argument[],
  values: Values,
): { text: string; errors: Readonly<Record<string, string>> } {
  const errors: Record<string, string> = {};
  const members: string[] = [];
  for (const field of fields) {
    const value = values[field.name] ?? '';
    if (value.trim() === '' && (value === '' || !isText(field))) {
      if (field.required) errors[field.name] = missing(field);
      continue;
    }
    const error = complaint(field, value);
    if (error !== null) errors[field.name] = error;
    else
      members.push(`${JSON.stringify(field.name)}: ${isText(field) ? JSON.stringify(value) : value.trim()}`);
  }
  return { text: members.length === 0 ? '{}' : `{\n  ${members.join(',\n  ')}\n}`, errors };
}

/** What is wrong with arguments that were typed as JSON; null if nothing is. */
export function textComplaint(text: string): string | null {
  try {
    if (record(JSON.parse(text)) !== null) return null;
    return 'Arguments are a JSON object: { "name": value }.';
  } catch (thrown) {
    return `This is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

/** Arguments back in their fields; null if the fields cannot hold all of them. */
export function toValues(fields: readonly Argument[], text: string): Values | null {
  if (textComplaint(text) !== null) return null;
  const given = JSON.parse(text) as Record<string, unknown>;
  const values: Record<string, string> = {};
  for (const field of fields) {
    if (!Object.hasOwn(given, field.name)) continue;
    const value = given[field.name];
    if (isText(field) && typeof value !== 'string') return null;
    if (typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value)) return null;
    values[field.name] = isText(field) ? (value as string) : JSON.stringify(value);
  }
  return Object.keys(given).every((name) => Object.hasOwn(values, name)) ? values : null;
}

/** What a schema allows, in a few words. */
export function describe(schema: Schema): string {
  const { type } = schema;
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (type === 'array') {
    const items = record(schema.items);
    return items === null ? 'list' : `list of ${describe(items)}`;
  }
  if (type === 'object') {
    const names = Object.keys(record(schema.properties) ?? {});
    return names.length === 0 ? 'object' : `object with ${names.join(', ')}`;
  }
  for (const key of ['anyOf', 'oneOf']) {
    const ways = schema[key];
    if (Array.isArray(ways)) return [...new Set(ways.map((way) => describe(record(way) ?? {})))].join(' or ');
  }
  const word = Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : 'any JSON';
  return [word, ...bounds(schema)].join(', ');
}

function argument(name: string, schema: Schema, required: boolean): Argument {
  const kind = kindOf(schema);
  const isGiven = schema.default !== undefined && schema.default !== null;
  const asText = (value: unknown) =>
    (kind === 'text' || kind === 'secret') && typeof value === 'string' ? value : JSON.stringify(value);
  return {
    name,
    kind,
    required,
    description: typeof schema.description === 'string' ? schema.description : null,
    type: describe(schema),
    choices: Array.isArray(schema.enum) ? schema.enum.map((one) => JSON.stringify(one)) : [],
    initial: isGiven ? asText(schema.default) : '',
  };
}

function kindOf(schema: Schema): Argument['kind'] {
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return 'choice';
  switch (schema.type) {
    case 'string':
      return schema.format === 'password' || schema.writeOnly === true ? 'secret' : 'text';
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    default:
      return 'json';
  }
}

function bounds(schema: Schema): string[] {
  const words: [key: string, word: (value: unknown) => string][] = [
    ['minimum', (value) => `at least ${value}`],
    ['exclusiveMinimum', (value) => `more than ${value}`],
    ['maximum', (value) => `at most ${value}`],
    ['exclusiveMaximum', (value) => `less than ${value}`],
    ['minLength', (value) => `at least ${value} characters`],
    ['maxLength', (value) => `at most ${value} characters`],
    ['pattern', (value) => `like ${value}`],
    ['format', (value) => `${value}`],
  ];
  return words.flatMap(([key, word]) => {
    const value = schema[key];
    return typeof value === 'number' || typeof value === 'string' ? [word(value)] : [];
  });
}

function complaint(field: Argument, value: string): string | null {
  switch (field.kind) {
    case 'integer':
      return /^\s*-?(0|[1-9]\d*)\s*$/.test(value) ? null : 'This must be a whole number.';
    case 'number':
      return isJson(value) && typeof JSON.parse(value) === 'number' ? null : 'This must be a number.';
    case 'json':
      return isJson(value) ? null : `This must be JSON: ${field.type}. A text stands in double quotes.`;
    default:
      return null;
  }
}

function missing(field: Argument): string {
  return isText(field)
    ? 'The tool wants this. If you mean an empty text, edit the arguments as JSON.'
    : 'The tool wants this.';
}

function isText({ kind }: Argument): boolean {
  return kind === 'text' || kind === 'secret';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function record(value: unknown): Schema | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : null;
}
