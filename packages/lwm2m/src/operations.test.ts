import { describe, expect, it } from 'vitest';
import { ResponseCode } from './codes.ts';
import { DefinitionStore } from './definitions/store.ts';
import {
  fromRequest,
  isIdempotent,
  type Operation,
  type OperationRequest,
  successCode,
  toRequest,
} from './operations.ts';
import { path, ROOT_PATH } from './path.ts';
import { hex, unhex, utf8 } from './testing.ts';

const EMPTY = new Uint8Array(0);
const bare = { query: [], payload: EMPTY };
const resourceType = new DefinitionStore().resourceTypes();
const lifetime = { path: path(1, 0, 1), value: { type: 'integer', value: 60 } } as const;

const BOTH_WAYS: readonly (readonly [name: string, operation: Operation, request: OperationRequest])[] = [
  ['Read', { kind: 'read', path: path(3, 0), accept: 112 }, { ...bare, method: 'GET', path: ['3', '0'], accept: 112 }],
  ['Read without Accept', { kind: 'read', path: path(3) }, { ...bare, method: 'GET', path: ['3'] }],
  [
    'Observe',
    { kind: 'observe', path: path(3, 0, 9), accept: 0 },
    { ...bare, method: 'GET', path: ['3', '0', '9'], accept: 0, observe: 0 },
  ],
  [
    'Cancel',
    { kind: 'cancelObserve', path: path(3, 0, 9) },
    { ...bare, method: 'GET', path: ['3', '0', '9'], observe: 1 },
  ],
  [
    'Write of a resource as text',
    { kind: 'writeReplace', path: path(1, 0, 1), format: 0, records: [lifetime] },
    { ...bare, method: 'PUT', path: ['1', '0', '1'], contentFormat: 0, payload: utf8('60') },
  ],
  [
    'partial Write of an instance as TLV',
    { kind: 'writePartial', path: path(1, 0), format: 11_542, records: [lifetime] },
    { ...bare, method: 'POST', path: ['1', '0'], contentFormat: 11_542, payload: unhex('c1013c') },
  ],
  [
    'P32: partial Write of a multiple resource',
    {
      kind: 'writePartial',
      path: path(8, 0, 1),
      format: 11_542,
      records: [{ path: path(8, 0, 1, 2), value: { type: 'string', value: 'cam' } }],
    },
    { ...bare, method: 'POST', path: ['8', '0', '1'], contentFormat: 11_542, payload: unhex('8501430263616d') },
  ],
  [
    'P32: Execute',
    { kind: 'execute', path: path(1, 0, 8), args: [] },
    { ...bare, method: 'POST', path: ['1', '0', '8'] },
  ],
  [
    'Execute with arguments',
    { kind: 'execute', path: path(1, 0, 8), args: [{ digit: 0, value: 'U' }] },
    { ...bare, method: 'POST', path: ['1', '0', '8'], contentFormat: 0, payload: utf8("0='U'") },
  ],
  ['Discover', { kind: 'discover', path: path(3, 0) }, { ...bare, method: 'GET', path: ['3', '0'], accept: 40 }],
  [
    '§4.2: Discover with depth',
    { kind: 'discover', path: path(3), depth: 3 },
    { ...bare, method: 'GET', path: ['3'], accept: 40, query: ['depth=3'] },
  ],
  [
    'DM-4: Create with an id',
    { kind: 'create', path: path(1), instanceId: 0, format: 11_542, records: [lifetime] },
    { ...bare, method: 'POST', path: ['1'], contentFormat: 11_542, payload: unhex('0300c1013c') },
  ],
  [
    'DM-4: Create that the device numbers',
    { kind: 'create', path: path(1), format: 11_544, records: [lifetime] },
    { ...bare, method: 'POST', path: ['1'], contentFormat: 11_544, payload: unhex('a1830119ffff01183c') },
  ],
  ['Delete', { kind: 'delete', path: path(1, 0) }, { ...bare, method: 'DELETE', path: ['1', '0'] }],
  [
    'Delete of a resource instance',
    { kind: 'delete', path: path(3, 0, 6, 1) },
    { ...bare, method: 'DELETE', path: ['3', '0', '6', '1'] },
  ],
  [
    'P30: Write-Attributes',
    { kind: 'writeAttributes', path: path(3, 0, 9), attributes: { pmin: 1, gt: null } },
    { ...bare, method: 'PUT', path: ['3', '0', '9'], query: ['pmin=1', 'gt'] },
  ],
];

describe('operations', () => {
  it.each(BOTH_WAYS)('%s, both ways', (_, operation, request) => {
    expect(toRequest(operation)).toEqual({ ok: true, request });
    expect(fromRequest(request, { resourceType })).toEqual({ ok: true, operation });
  });

  it.each(BOTH_WAYS)('RG-3: %s under an alternate path', (_, operation) => {
    const made = toRequest(operation, '/a/b');
    if (!made.ok) throw new Error(made.error.detail);
    expect(made.request.path.slice(0, 2)).toEqual(['a', 'b']);
    expect(fromRequest(made.request, { resourceType, rootPath: '/a/b' })).toEqual({ ok: true, operation });
    expect(fromRequest(made.request, { resourceType, rootPath: '/a/c' })).toMatchObject({
      error: { code: ResponseCode.notFound },
    });
  });

  it('puts the alternate path into SenML names', () => {
    const made = toRequest({ kind: 'writeReplace', path: path(1, 0), format: 112, records: [lifetime] }, '/x');
    expect(made.ok && hex(made.request.payload)).toBe(`81a321${hex(utf8('g/x/1/0/'))}00613102183c`);
  });

  it.each([
    ['read', true, 0x45],
    ['observe', true, 0x45],
    ['cancelObserve', true, 0x45],
    ['writeReplace', true, 0x44],
    ['writePartial', false, 0x44],
    ['discover', true, 0x45],
    ['writeAttributes', true, 0x44],
    ['create', false, 0x41],
    ['delete', false, 0x42],
    ['execute', false, 0x44],
  ] as const)('P27: %s is idempotent: %s, and succeeds with %i', (kind, idempotent, code) => {
    expect(isIdempotent({ kind })).toBe(idempotent);
    expect(successCode({ kind })).toBe(code);
  });

  it.each([
    ['Execute of an instance', { kind: 'execute', path: path(3, 0), args: [] }],
    ['Write of an object', { kind: 'writeReplace', path: path(3), format: 112, records: [] }],
    ['Read of the root', { kind: 'read', path: ROOT_PATH }],
    ['arguments without a form', { kind: 'execute', path: path(3, 0, 4), args: [{ digit: 1, value: ' ' }] }],
    [
      'values that the format can not carry',
      { kind: 'writeReplace', path: path(1, 0), format: 0, records: [lifetime] },
    ],
  ] as const)('does not make a request of %s', (_, operation) =>
    expect(toRequest(operation)).toMatchObject({ ok: false, error: { fault: 'caller' } }),
  );
});

describe('requests to a device', () => {
  const request = (more: Partial<OperationRequest>): OperationRequest => ({
    ...bare,
    method: 'GET',
    path: ['3', '0'],
    ...more,
  });

  it.each([
    ['a path that is none', { path: ['3', 'x'] }, ResponseCode.notFound],
    ['an empty segment', { path: ['3', ''] }, ResponseCode.notFound],
    ['Discover of the root', { path: [], accept: 40 }, ResponseCode.methodNotAllowed],
    ['Discover with a depth that is none', { accept: 40, query: ['depth=4'] }, ResponseCode.badRequest],
    ['Read of the root', { path: [] }, ResponseCode.methodNotAllowed],
    ['Create in text', { method: 'POST', path: ['3'], contentFormat: 0 }, ResponseCode.unsupportedContentFormat],
    [
      'Create of two',
      { method: 'POST', path: ['3'], contentFormat: 11_542, payload: unhex('00000001') },
      ResponseCode.badRequest,
    ],
    ['Delete of an object', { method: 'DELETE', path: ['3'] }, ResponseCode.methodNotAllowed],
    ['Delete of a resource', { method: 'DELETE', path: ['3', '0', '6'] }, ResponseCode.methodNotAllowed],
    ['a replaced object', { method: 'PUT', path: ['3'], contentFormat: 11_542 }, ResponseCode.methodNotAllowed],
    ['an empty PUT', { method: 'PUT' }, ResponseCode.badRequest],
    ['unknown attributes', { method: 'PUT', query: ['x=1'] }, ResponseCode.badRequest],
    ['an unknown content format', { method: 'PUT', contentFormat: 9 }, ResponseCode.unsupportedContentFormat],
    ['text for an instance', { method: 'PUT', contentFormat: 0 }, ResponseCode.unsupportedContentFormat],
    ['broken content', { method: 'PUT', contentFormat: 112, payload: unhex('81') }, ResponseCode.badRequest],
    [
      'P17: content of another instance',
      { method: 'PUT', contentFormat: 11_542, payload: unhex('080100') },
      ResponseCode.badRequest,
    ],
    [
      'a wrong type',
      { method: 'PUT', path: ['3', '0', '13'], contentFormat: 0, payload: utf8('x') },
      ResponseCode.badRequest,
    ],
    ['broken arguments', { method: 'POST', path: ['3', '0', '4'], payload: utf8('x') }, ResponseCode.badRequest],
    [
      'arguments that are no text',
      { method: 'POST', path: ['3', '0', '4'], payload: unhex('ff') },
      ResponseCode.badRequest,
    ],
  ] as const)('%s is refused', (_, more, code) => {
    expect(fromRequest(request(more), { resourceType })).toMatchObject({ ok: false, error: { code } });
  });

  it('takes a write without a content format for plain text', () => {
    const written = request({ method: 'PUT', path: ['3', '0', '14'], payload: utf8('+02:00') });
    expect(fromRequest(written, { resourceType })).toMatchObject({
      ok: true,
      operation: { format: 0, records: [{ value: { type: 'string', value: '+02:00' } }] },
    });
  });
});
