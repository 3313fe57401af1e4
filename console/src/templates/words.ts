// What is said of a template: where it comes from, and what its inputs are. Pure.

import type { Input, Template } from '../api/types';

export function sourceWords({ source }: Template): string {
  return source.kind === 'file' ? `the file ${source.file}` : `the provisioner ${source.provisioner}`;
}

/** What an instance of it needs to be given: `2 inputs, 1 required`. */
export function inputWords(inputs: readonly Input[]): string {
  if (inputs.length === 0) return 'needs no input';
  const must = inputs.filter(mustBeGiven).length;
  const all = inputs.length === 1 ? '1 input' : `${inputs.length} inputs`;
  return must === 0 ? `${all}, none required` : `${all}, ${must} required`;
}

/** A required input with a default need not be given. */
export function mustBeGiven({ required, default: value }: Input): boolean {
  return required && value === null;
}

/** What values an input takes. */
export function valueWords({ choices, format, pattern }: Input): string {
  if (choices.length > 0) return `one of ${choices.join(', ')}`;
  const kind = format === null || format === 'string' ? 'a text' : (FORMATS[format] ?? format);
  return pattern === null ? kind : `${kind} that matches ${pattern}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  number: 'a number',
  boolean: 'true or false',
  filepath: 'a path of a file',
};
