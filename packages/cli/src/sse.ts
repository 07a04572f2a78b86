/** One server-sent event (HTML standard, §9.2.6). */
export interface ServerSentEvent {
  /** `message` unless the server named it. */
  readonly event: string;
  readonly data: string;
  /** The last id that the server gave: where a stream is resumed. */
  readonly id: string;
}

/** Characters of one event; a server that sends more is not ours. */
const MAX_EVENT = 1024 * 1024;

/** Puts events together from pieces of text that may end anywhere. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #size = 0;
  #id = '';

  /** @throws RangeError if an event has no end */
  push(piece: string): ServerSentEvent[] {
    const text = this.#rest + piece;
    // A carriage return at the end may be the first half of a line end.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '') + text.slice(whole.length);
    const events = lines.flatMap((line) => this.#line(line) ?? []);
    if (this.#size + this.#rest.length > MAX_EVENT) throw new RangeError('an event of the stream is too long');
    return events;
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    this.#size += line.length;
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id };
    const complete = this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    this.#size = 0;
    return complete ? event : undefined;
  }
}

/** The events of a response's body, until it ends. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  for await (const piece of body) yield* parser.push(decoder.decode(piece, { stream: true }));
}
