import { expect, test } from 'vitest';
import { condition } from '../testing/samples';
import { isLoopback, snippets, spokenBy } from './snippets';

const HTTP = 'streamable-http';
const text = (key: string, url: string, era: 'modern' | 'legacy' = 'modern') =>
  snippets('weather', { url, transport: HTTP }, { era, version: '2025-06-18' }).find((one) => one.key === key)
    ?.text ?? '';

test('what a server speaks is what the last handshake found, and unknown without one', () => {
  const handshake = (status: 'True' | 'False', reason: string, message: string) => ({
    conditions: [{ ...condition('Handshake', status, message), reason }],
  });
  expect(spokenBy(handshake('True', 'Discovered', 'demo speaks MCP 2026-07-28'))?.era).toBe('modern');
  const old = { era: 'legacy', version: '2025-06-18' };
  expect(spokenBy(handshake('True', 'Initialized', 'odd 1 speaks MCP 2025-06-18'))).toEqual(old);
  expect(spokenBy(handshake('True', 'Initialized', 'something else'))?.version).toBe('2025-11-25');
  expect(spokenBy(handshake('False', 'NotMcp', ''))).toBeNull();
  expect(spokenBy({ conditions: [] })).toBeNull();
});

test('what a shell could read is quoted', () => {
  const url = "http://h/m'cp?a=$(reboot)&b";
  expect(text('claude-code', url)).toContain(`'http://h/m'\\''cp?a=$(reboot)&b'`);
});

test('mcp-remote is told to allow plain HTTP only where it would refuse it', () => {
  expect(text('claude-desktop', 'http://127.0.0.1:1/mcp')).not.toContain('--allow-http');
  expect(text('claude-desktop', 'https://mcp.example/mcp')).not.toContain('--allow-http');
  expect(text('claude-desktop', 'http://10.0.0.7/mcp')).toContain('--allow-http');
});

test('an older server is initialized first, a modern one is not', () => {
  expect(text('curl', 'http://h/mcp', 'legacy')).toContain('"method":"initialize"');
  expect(text('curl', 'http://h/mcp', 'modern')).not.toContain('initialize');
  expect(text('curl', 'http://h/mcp', 'modern')).toContain('mcp-method: tools/list');
});

test('of a transport that is not known nothing is claimed', () => {
  expect(
    snippets('weather', { url: 'http://h', transport: 'pigeon' }, { era: 'modern', version: '1' }),
  ).toEqual([]);
});

test('loopback is known by every name it has', () => {
  for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', 'a.localhost', '[::1]']) {
    expect(isLoopback(`http://${host}:80/mcp`), host).toBe(true);
  }
  for (const host of ['10.0.0.1', 'example.org', '[2001:db8::1]']) {
    expect(isLoopback(`http://${host}/mcp`), host).toBe(false);
  }
});
