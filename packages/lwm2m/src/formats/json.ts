/** JSON (RFC 8259) with numbers kept exact: `JSON.parse` would round integers beyond 2^53. */

import { LIMITS } from '../limits.ts';
import { int } from '../value.ts';
import { decodeUtf8, encodeUtf8, fail, refuse } from './content.ts';
import type { Item } from './item.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;

/** Reads exactly one JSON value; ends the parse on anything else. */
export function decodeJson(bytes: Uint8Array): Item {
  const reader = new Reader(decodeUtf8(bytes, 0));
  const item = reader.item(0);
  reader.end();
  return item;
}

class Reader {
  private at = 0;
  private items = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  item(depth: number): Item {
    if (depth > LIMITS.depth) fail('limit', `JSON nested deeper than ${LIMITS.depth}`, this.at);
    if (++this.items > LIMITS.items) fail('limit', `more than ${LIMITS.items} JSON values`, this.at);
    this.space();
    switch (this.text[this.at]) {
      case '[':
        return { kind: 'array', items: this.list('[', ']', () => this.item(depth + 1)) };
      case '{':
        return { kind: 'map', entries: this.list('{', '}', () => this.member(depth + 1)) };
      case '"':
        return this.string();
      case 't':
        return this.word('true', { kind: 'boolean', value: true });
      case 'f':
        return this.word('false', { kind: 'boolean', value: false });
      case 'n':
        return this.word('null', { kind: 'null' });
      default:
        return this.number();
    }
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) fail('malformed', 'text after the end of the JSON value', this.at);
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private stuck(expected: string): never {
    const kind = this.at >= this.text.length ? 'truncated' : 'malformed';
    return fail(kind, `JSON: ${expected} expected`, this.at);
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) this.stuck(`"${char}"`);
    this.at++;
  }

  private list<T>(open: string, close: string, next: () => T): T[] {
    const elements: T[] = [];
    this.expect(open);
    this.space();
    if (this.text[this.at] === close) {
      this.at++;
      return elements;
    }
    for (;;) {
      elements.push(next());
      this.space();
      if (this.text[this.at] !== ',') break;
      this.at++;
    }
    this.expect(close);
    return elements;
  }

  private member(depth: number): readonly [Item, Item] {
    this.space();
    const key = this.string();
    this.space();
    this.expect(':');
    return [key, this.item(depth)];
  }

  private word(word: string, item: Item): Item {
    for (const char of word) this.expect(char);
    return item;
  }

  private string(): Item {
    const start = this.at;
    this.expect('"');
    while (this.text[this.at] !== '"') {
      this.at += this.text[this.at] === '\\' ? 2 : 1;
      if (this.at >= this.text.length) fail('truncated', 'JSON ends within a string', this.text.length);
    }
    this.at++;
    try {
      return { kind: 'text', value: String(JSON.parse(this.text.slice(start, this.at))) };
    } catch {
      return fail('malformed', 'JSON string with an illegal character or escape', start);
    }
  }

  private number(): Item {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) {
      if (this.text[this.at] === '-' && this.at + 1 === this.text.length) this.at++;
      return this.stuck('a value');
    }
    const [digits, fraction, exponent] = match;
    if (digits.length > LIMITS.numberChars) {
      fail('limit', `JSON number longer than ${LIMITS.numberChars} characters`, this.at);
    }
    this.at = NUMBER.lastIndex;
    // "-0" is a float: no integer carries the sign.
    if (fraction === undefined && exponent === undefined && digits !== '-0') {
      return { kind: 'int', value: int(BigInt(digits)) };
    }
    return { kind: 'float', value: Number(digits) };
  }
}

/** Writes one JSON value; floats keep a point or an exponent so that they are read as floats again. */
export function encodeJson(item: Item): Uint8Array {
  return encodeUtf8(write(item));
}

function write(item: Item): string {
  switch (item.kind) {
    case 'int':
      return item.value.toString();
    case 'float': {
      const text = Object.is(item.value, -0) ? '-0' : String(item.value);
      return /^-?\d+$/.test(text) ? `${text}.0` : text;
    }
    case 'text':
      return JSON.stringify(item.value);
    case 'boolean':
      return String(item.value);
    case 'null':
      return 'null';
    case 'array':
      return `[${item.items.map(write).join(',')}]`;
    case 'map':
      return `{${item.entries.map(([key, value]) => `${write(key)}:${write(value)}`).join(',')}}`;
    default:
      return refuse(`JSON has no ${item.kind}`);
  }
}
