// Server-sent events, from text to frames. It knows the format (WHATWG HTML, 9.2.6) and nothing of what is
// said. The browser's own `EventSource` is not used because it hides what the console must see: heartbeats,
// the status of a refusal, and the id to go on after.

export interface Frame {
  event: string;
  data: string;
}

/** Takes text as it comes, in pieces of any size, and gives the frames that are whole. */
export class FrameReader {
  /** The id a reader goes on after; a heartbeat moves it on, too. */
  lastId: string | null = null;
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | null = null;

  read(text: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const frame = this.#line(line);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  #line(line: string): Frame | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return null;
  }

  /** Of a frame that was cut nothing counts, its id least of all. */
  #dispatch(): Frame | null {
    if (this.#id !== null) this.lastId = this.#id;
    const frame =
      this.#data.length === 0 ? null : { event: this.#event || 'message', data: this.#data.join('\n') };
    this.#event = '';
    this.#data = [];
    this.#id = null;
    return frame;
  }
}
