import { describe, expect, it } from 'vitest';
import { ResponseCode } from '../codes.ts';
import { DefinitionStore } from '../definitions/store.ts';
import { path, ROOT_PATH } from '../path.ts';
import { hex, prefixes, unhex, utf8 } from '../testing.ts';
import { isIdempotent, type Operation, type OperationRequest, successCode } from './operation.ts';
import { fromRequest } from './reading.ts';
import { toRequest } from './request.ts';

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
    'AT-5: Observe with parameters',
    { kind: 'observe', path: path(3, 0, 9), attributes: { pmin: 1, gt: 45.5, hqmax: 3 } },
    { ...bare, method: 'GET', path: ['3', '0', '9'], observe: 0, query: ['pmin=1', 'gt=45.5', 'hqmax=3'] },
  ],
  [
    'Observe of a resource instance',
    { kind: 'observe', path: path(3, 0, 7, 1), accept: 0 },
    { ...bare, method: 'GET', path: ['3', '0', '7', '1'], accept: 0, observe: 0 },
  ],
  [
    'Write of a resource instance',
    {
      kind: 'writeReplace',
      path: path(8, 0, 1, 2),
      format: 0,
      records: [{ path: path(8, 0, 1, 2), value: { type: 'string', value: 'cam' } }],
    },
    { ...bare, method: 'PUT', path: ['8', '0', '1', '2'], contentFormat: 0, payload: utf8('cam') },
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

const FETCHED = unhex('83a100662f332f302f30a100662f332f302f39a100662f312f302f31');
const fetched = [path(3, 0, 0), path(3, 0, 9), path(1, 0, 1)];

const COMPOSITE: readonly (readonly [name: string, operation: Operation, request: OperationRequest])[] = [
  [
    'ET-1: Read-Composite',
    { kind: 'readComposite', paths: fetched, format: 322, accept: 112 },
    { ...bare, method: 'FETCH', path: [], contentFormat: 322, accept: 112, payload: FETCHED },
  ],
  [
    'FM-3: Read-Composite of LwM2M 1.1, of everything',
    { kind: 'readComposite', paths: [ROOT_PATH], format: 110, accept: 110 },
    { ...bare, method: 'FETCH', path: [], contentFormat: 110, accept: 110, payload: utf8('[{"n":"/"}]') },
  ],
  [
    'Observe-Composite',
    { kind: 'observeComposite', paths: fetched, format: 322, accept: 11_544 },
    { ...bare, method: 'FETCH', path: [], contentFormat: 322, accept: 11_544, observe: 0, payload: FETCHED },
  ],
  [
    'AT-5: Observe-Composite with parameters',
    { kind: 'observeComposite', paths: fetched, format: 322, attributes: { pmin: 5, con: 1 } },
    {
      ...bare,
      method: 'FETCH',
      path: [],
      contentFormat: 322,
      observe: 0,
      query: ['pmin=5', 'con=1'],
      payload: FETCHED,
    },
  ],
  [
    'OB-1: Cancel-Composite',
    { kind: 'cancelObserveComposite', paths: fetched, format: 112, accept: 112 },
    { ...bare, method: 'FETCH', path: [], contentFormat: 112, accept: 112, observe: 1, payload: FETCHED },
  ],
  [
    'ET-2: Write-Composite that removes a resource instance',
    {
      kind: 'writeComposite',
      format: 320,
      records: [
        { path: path(1, 0, 1), value: { type: 'integer', value: 60 } },
        { path: path(3, 0, 6, 1), value: { type: 'none', value: null } },
      ],
    },
    {
      ...bare,
      method: 'IPATCH',
      path: [],
      contentFormat: 320,
      payload: utf8('[{"bn":"/","n":"1/0/1","v":60},{"n":"3/0/6/1","v":null}]'),
    },
  ],
  [
    'ET-3: Write-Composite in LwM2M CBOR',
    {
      kind: 'writeComposite',
      format: 11_544,
      records: [lifetime, { path: path(3, 0, 14), value: { type: 'string', value: 'Z' } }],
    },
    { ...bare, method: 'IPATCH', path: [], contentFormat: 11_544, payload: unhex('a283010001183c8303000e615a') },
  ],
];

describe('operations', () => {
  it.each([...BOTH_WAYS, ...COMPOSITE])('%s, both ways', (_, operation, request) => {
    expect(toRequest(operation)).toEqual({ ok: true, request });
    expect(fromRequest(request, { resourceType })).toEqual({ ok: true, operation });
  });

  it.each([...BOTH_WAYS, ...COMPOSITE])('RG-3: %s under an alternate path', (_, operation) => {
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
    ['readComposite', true, 0x45],
    ['observeComposite', true, 0x45],
    ['cancelObserveComposite', true, 0x45],
    ['writeComposite', true, 0x44],
  ] as const)('P27: %s is idempotent: %s, and succeeds with %i', (kind, idempotent, code) => {
    expect(isIdempotent({ kind })).toBe(idempotent);
    expect(successCode({ kind })).toBe(code);
  });

  it.each([
    ['Execute of an instance', { kind: 'execute', path: path(3, 0), args: [] }],
    ['Write of an object', { kind: 'writeReplace', path: path(3), format: 112, records: [] }],
    ['Read of the root', { kind: 'read', path: ROOT_PATH }],
    ['arguments without a form', { kind: 'execute', path: path(3, 0, 4), args: [{ digit: 1, value: ' ' }] }],
    ['a composite of nothing', { kind: 'readComposite', paths: [], format: 322 }],
    ['a composite write of nothing', { kind: 'writeComposite', records: [], format: 322 }],
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
    ['AT-5: an unknown parameter of Observe', { observe: 0, query: ['x=1'] }, ResponseCode.badRequest],
    ['AT-5: a parameter of Observe without a value', { observe: 0, query: ['pmin'] }, ResponseCode.badRequest],
    ['AT-5: a threshold for an instance', { observe: 0, query: ['gt=1'] }, ResponseCode.badRequest],
    ['FETCH of a node', { method: 'FETCH', contentFormat: 322, payload: FETCHED }, ResponseCode.methodNotAllowed],
    ['FETCH without a content format', { method: 'FETCH', path: [] }, ResponseCode.unsupportedContentFormat],
    [
      'ET-3: a list of paths in LwM2M CBOR',
      { method: 'FETCH', path: [], contentFormat: 11_544, payload: unhex('a0') },
      ResponseCode.unsupportedContentFormat,
    ],
    ...[
      ['nothing', '80'],
      ['a record without a name', '81a0'],
      ['a value', '81a200662f332f302f390201'],
      ['an unknown field', '81a200662f332f302f390a01'],
      ['what is no path', '81a100622f78'],
    ].map(
      ([what, bytes]) =>
        [
          `ET-1: a list that holds ${what}`,
          { method: 'FETCH', path: [], contentFormat: 322, payload: unhex(bytes ?? '') },
          ResponseCode.badRequest,
        ] as const,
    ),
    [
      'AT-5: a threshold for a composite',
      { method: 'FETCH', path: [], contentFormat: 322, observe: 0, query: ['gt=1'], payload: FETCHED },
      ResponseCode.badRequest,
    ],
    ['iPATCH of a node', { method: 'IPATCH', contentFormat: 322 }, ResponseCode.methodNotAllowed],
    [
      'a composite write in text',
      { method: 'IPATCH', path: [], contentFormat: 0 },
      ResponseCode.unsupportedContentFormat,
    ],
    ...[
      ['nothing', 322, '80'],
      ['a record without a value', 322, '81a100662f312f302f31'],
      ['a record without a value in plain SenML', 112, '81a100662f312f302f31'],
      ['the removal of a resource', 322, '81a200662f332f302f3602f6'],
      ['a value of an instance', 322, '81a200642f332f300201'],
      ['a resource without instances', 11_544, 'a183030006a0'],
    ].map(
      ([what, contentFormat, bytes]) =>
        [
          `ET-2: a composite write of ${what}`,
          { method: 'IPATCH', path: [], contentFormat: Number(contentFormat), payload: unhex(String(bytes)) },
          ResponseCode.badRequest,
        ] as const,
    ),
  ] as const)('%s is refused', (_, more, code) => {
    expect(fromRequest(request(more), { resourceType })).toMatchObject({ ok: false, error: { code } });
  });

  it.each(COMPOSITE)('%s: cut off anywhere it is refused or asks for less', (_, __, whole) => {
    for (const payload of prefixes(whole.payload)) {
      const read = fromRequest({ ...whole, payload }, { resourceType });
      expect(read).toMatchObject({ ok: false, error: { code: ResponseCode.badRequest } });
    }
  });

  it('asks for each node once', () => {
    const payload = utf8('[{"n":"/3/0/9"},{"bn":"/3/0/","n":"9"},{"n":"13"}]');
    expect(fromRequest({ ...bare, method: 'FETCH', path: [], contentFormat: 320, payload })).toMatchObject({
      operation: { paths: ['/3/0/9', '/3/0/13'] },
    });
  });

  it('takes a write without a content format for plain text', () => {
    const written = request({ method: 'PUT', path: ['3', '0', '14'], payload: utf8('+02:00') });
    expect(fromRequest(written, { resourceType })).toMatchObject({
      ok: true,
      operation: { format: 0, records: [{ value: { type: 'string', value: '+02:00' } }] },
    });
  });
});
