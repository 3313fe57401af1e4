import { expect, test } from 'vitest';
import { FrameReader } from './frames';

test('a frame that comes in pieces is one frame', () => {
  const reader = new FrameReader();
  const text = 'event: start\ndata: {"revision":7}\nid: 7\n\n';
  const frames = [...text].flatMap((piece) => reader.read(piece));
  expect(frames).toEqual([{ event: 'start', data: '{"revision":7}' }]);
  expect(reader.lastId).toBe('7');
});

test('a heartbeat is no frame, and moves on the id to resume from', () => {
  const reader = new FrameReader();
  expect(reader.read(': heartbeat\nid: 12\n\n')).toEqual([]);
  expect(reader.lastId).toBe('12');
});

test('a frame that was cut counts for nothing, its id neither', () => {
  const reader = new FrameReader();
  reader.read('event: a\ndata: 1\nid: 1\n\nevent: b\ndata: 2\nid: 2\n');
  expect(reader.lastId).toBe('1');
});

test('several lines of data are one text, and every line break of the format is known', () => {
  const reader = new FrameReader();
  expect(reader.read('data: a\r\ndata:b\r\n\r\nevent: x\rdata: c\r\rdata')).toEqual([
    { event: 'message', data: 'a\nb' },
    { event: 'x', data: 'c' },
  ]);
});
