// What a tool answered, block by block, as something that is safe to show. Pure. A server may send anything: what
// is not known, or does not have the shape it should, is shown as the JSON it is.

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'image'; address: string; type: string }
  | { kind: 'resource'; name: string; type: string | null; text: string }
  | { kind: 'link'; name: string; address: string; isSafe: boolean; description: string | null }
  | { kind: 'bytes'; what: string; type: string; size: number }
  | { kind: 'other'; json: string };

/** Pixels only: an SVG is a document. */
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

export function blocksOf(content: unknown): Block[] {
  if (!Array.isArray(content)) return content === undefined || content === null ? [] : [other(content)];
  return content.map(blockOf);
}

function blockOf(item: unknown): Block {
  if (typeof item !== 'object' || item === null) return other(item);
  const fields = item as Record<string, unknown>;
  switch (fields.type) {
    case 'text':
      return typeof fields.text === 'string' ? { kind: 'text', text: fields.text } : other(item);
    case 'image':
    case 'audio':
      return bytes(fields.type, fields) ?? other(item);
    case 'resource_link':
      return link(fields) ?? other(item);
    case 'resource':
      return resource(fields.resource) ?? other(item);
    default:
      return other(item);
  }
}

function bytes(what: string, { data, mimeType }: Record<string, unknown>): Block | null {
  if (typeof data !== 'string' || typeof mimeType !== 'string' || !BASE64.test(data)) return null;
  if (what === 'image' && IMAGES.includes(mimeType)) {
    return { kind: 'image', address: `data:${mimeType};base64,${data}`, type: mimeType };
  }
  return { kind: 'bytes', what, type: mimeType, size: sizeOf(data) };
}

function link({ uri, name, description }: Record<string, unknown>): Block | null {
  if (typeof uri !== 'string') return null;
  return {
    kind: 'link',
    name: typeof name === 'string' && name !== '' ? name : uri,
    address: uri,
    isSafe: URL.canParse(uri) && ['http:', 'https:'].includes(new URL(uri).protocol),
    description: typeof description === 'string' ? description : null,
  };
}

function resource(value: unknown): Block | null {
  if (typeof value !== 'object' || value === null) return null;
  const { uri, mimeType, text, blob } = value as Record<string, unknown>;
  if (typeof uri !== 'string') return null;
  const type = typeof mimeType === 'string' ? mimeType : null;
  if (typeof text === 'string') return { kind: 'resource', name: uri, type, text };
  if (typeof blob !== 'string') return null;
  return { kind: 'bytes', what: uri, type: type ?? 'of no type', size: sizeOf(blob) };
}

function other(value: unknown): Block {
  return { kind: 'other', json: JSON.stringify(value, null, 2) ?? String(value) };
}

function sizeOf(base64: string): number {
  return Math.floor((base64.replaceAll(/[\s=]/g, '').length * 3) / 4);
}
