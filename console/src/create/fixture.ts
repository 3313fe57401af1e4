// A template and a draft for tests.

import type { Template } from '../api/types';
import { AT } from '../testing/samples';
import { type Draft, EMPTY, type Input, type Row } from './draft';

export function input(name: string, fields: Partial<Input> = {}): Input {
  return {
    name,
    description: '',
    required: false,
    secret: false,
    default: null,
    choices: [],
    format: null,
    pattern: null,
    ...fields,
  };
}

export function template(inputs: Input[], fields: Partial<Template> = {}): Template {
  return {
    name: 'demo',
    description: '',
    icon: null,
    provisioner: null,
    image: null,
    command: [],
    port: 1,
    path: '/mcp',
    transport: 'streamable-http',
    environment: {},
    labels: {},
    resources: {},
    health: { interval: '10s', timeout: '2s', failures: 3, start_period: '30s', expect_tools: [] },
    inputs,
    source: { kind: 'file', file: 'demo.toml' },
    observed_at: AT,
    error: null,
    ...fields,
  };
}

export function draft(given: Record<string, string>, fields: Partial<Draft> = {}): Draft {
  return { ...EMPTY, given: new Map(Object.entries(given)), ...fields };
}

export function row(id: number, key: string, value: string, secret = false): Row {
  return { id, key, value, secret };
}
