import { describe, expect, it } from 'vitest';
import type { LinkOperation, SessionInfo } from '../link/port.ts';
import { sessionOf } from '../test-core.ts';
import { requestBytes } from './cost.ts';

const plain: SessionInfo = sessionOf(undefined);
const write = (type: string, value: string | number): LinkOperation => ({
  kind: 'write',
  mode: 'replace',
  path: '/5/0/0',
  records: [{ path: '/5/0/0', stored: { type, value } }],
});

describe('what a request costs', () => {
  it('is mostly headers for a read, and more over DTLS', () => {
    const read = { kind: 'read', path: '/3/0' } as const;
    expect(requestBytes(read, plain)).toBe(28 + 4 + 8 + 6 + 4);
    expect(requestBytes(read, sessionOf('truck-1'))).toBe(28 + 4 + 8 + 6 + 4 + 37);
  });

  it('counts opaque values as bytes and text as UTF-8', () => {
    const empty = requestBytes(write('opaque', ''), plain);
    expect(requestBytes(write('opaque', Buffer.alloc(300).toString('base64')), plain) - empty).toBe(300);
    expect(requestBytes(write('string', 'ä'), plain) - empty).toBe(2);
    expect(requestBytes(write('integer', 7), plain) - empty).toBe(8);
  });

  it('counts what is asked beside the path', () => {
    const execute = { kind: 'execute', path: '/3/0/4' } as const;
    expect(requestBytes({ ...execute, arguments: "0='x'" }, plain) - requestBytes(execute, plain)).toBe(5);
    const attributes = { kind: 'write-attributes', path: '/3/0/9', attributes: { pmin: 10 } } as const;
    expect(requestBytes(attributes, plain) - requestBytes({ kind: 'read', path: '/3/0/9' }, plain)).toBe(8);
  });
});
