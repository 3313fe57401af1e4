import { expect, test } from 'vitest';
import { blocksOf } from './content';

const one = (item: unknown) => blocksOf([item])[0];

test('pixels are shown as a picture, and nothing else is', () => {
  expect(one({ type: 'image', mimeType: 'image/png', data: 'iVBO' })).toMatchObject({
    kind: 'image',
    address: 'data:image/png;base64,iVBO',
  });
  expect(one({ type: 'image', mimeType: 'image/svg+xml', data: 'PHN2Zz4=' })).toMatchObject({
    kind: 'bytes',
    size: 5,
  });
  expect(one({ type: 'image', mimeType: 'image/png', data: '"><script>' })?.kind).toBe('other');
  expect(one({ type: 'image', mimeType: 'image/png,x', data: 'iVBO' })?.kind).toBe('bytes');
});

test('a link leads only to the web', () => {
  expect(one({ type: 'resource_link', uri: 'https://example.org' })).toMatchObject({ isSafe: true });
  for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/mcp']) {
    expect(one({ type: 'resource_link', uri, name: 'x' }), uri).toMatchObject({ isSafe: false });
  }
});

test('what is not known, or has another shape, is shown as it is', () => {
  for (const item of [{ type: 'hologram' }, { type: 'text' }, { type: 'resource' }, 3, null]) {
    expect(one(item)).toEqual({ kind: 'other', json: JSON.stringify(item, null, 2) });
  }
  expect(blocksOf('x')).toEqual([{ kind: 'other', json: '"x"' }]);
  expect(blocksOf(undefined)).toEqual([]);
});
