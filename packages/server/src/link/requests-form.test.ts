import { accept, type CoapMessage, Code, contentFormat, uriPath, uriQuery } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkOperation, LinkRecord } from './port.ts';
import { TestOwner } from './test-owner.ts';

const records: readonly LinkRecord[] = [{ path: '/1/0/1', stored: { type: 'integer', value: 60 } }];
const CONFIRMABLE = 0;

/** One of each operation that a device can be asked for, and whether its answer brings content. */
const operations: readonly (readonly [operation: LinkOperation, brings: boolean])[] = [
  [{ kind: 'read', path: '/3' }, true],
  [{ kind: 'read', path: '/3/0/6/1' }, true],
  [{ kind: 'read-composite', paths: ['/3/0/9', '/1'] }, true],
  [{ kind: 'write', mode: 'replace', path: '/1/0/1', records }, false],
  [{ kind: 'write', mode: 'partial', path: '/1/0', records }, false],
  [{ kind: 'write-composite', records }, false],
  [{ kind: 'write-attributes', path: '/3/0/9', attributes: { pmin: 5, st: null } }, false],
  [{ kind: 'execute', path: '/3/0/4' }, false],
  [{ kind: 'execute', path: '/3/0/4', arguments: "0='a'" }, false],
  [{ kind: 'discover', path: '/3', depth: 2 }, true],
  [{ kind: 'create', path: '/1', instanceId: 4, records: [] }, false],
  [{ kind: 'delete', path: '/1/4' }, false],
  [{ kind: 'observe', path: '/3/0/9' }, true],
  [{ kind: 'observe', path: '/3/0/9 /1/0/1' }, true],
];

function requestOf(operation: LinkOperation): CoapMessage {
  const test = new TestOwner();
  const device = test.connect();
  test.register(device, { query: ['ep=truck-1', 'lt=300', 'lwm2m=1.2'], offer: '</>;ct="60 112 322",</1/0>,</3/0>' });
  test.perform(operation);
  const [request] = device.requests;
  if (!request) throw new Error(`nothing was asked: ${JSON.stringify(test.last('outcome'))}`);
  return request;
}

describe('a request to a device', () => {
  it.each(operations)('CO-8, P28: is confirmable, and small in its parts: %j', (operation) => {
    const request = requestOf(operation);
    expect(request.type).toBe(CONFIRMABLE);
    const path = uriPath(request);
    expect(path.length).toBeLessThanOrEqual(4);
    expect(path).not.toContain('');
    expect(request.options.length).toBeLessThanOrEqual(15);
  });

  it.each(operations)(
    'DM-8, P35: says in which format it wants the answer, if that has content: %j',
    (operation, brings) => {
      expect(accept(requestOf(operation)) !== undefined).toBe(brings);
    },
  );

  it.each(operations)('P29, P32: has a content format just where it has content: %j', (operation) => {
    const request = requestOf(operation);
    expect(contentFormat(request) !== undefined).toBe(request.payload.length > 0);
    if (request.code === Code.Fetch || request.code === Code.Ipatch) {
      expect([uriPath(request), uriQuery(request)]).toEqual([[], []]);
    }
  });
});
