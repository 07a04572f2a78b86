import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { hex, prefixes, unhex } from '../testing.ts';
import { decodeTlv, encodeTlv, type TlvNode } from './tlv.ts';

const r = (id: number, value: string): TlvNode => ({ kind: 'resource', id, value: unhex(value) });
const ri = (id: number, value: string): TlvNode => ({ kind: 'resourceInstance', id, value: unhex(value) });
const mr = (id: number, children: readonly TlvNode[]): TlvNode => ({ kind: 'multipleResource', id, children });
const oi = (id: number, children: readonly TlvNode[]): TlvNode => ({ kind: 'objectInstance', id, children });

/** Payloads in their shortest form. */
const VECTORS: readonly (readonly [name: string, bytes: string, nodes: readonly TlvNode[]])[] = [
  [
    'Device resources (Core 7.5.5.1, misprint corrected)',
    'c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055',
    [
      r(0, '4f70656e204d6f62696c6520416c6c69616e6365'),
      r(1, '4c69676874776569676874204d324d20436c69656e74'),
      r(2, '333435303030313233'),
      r(3, '312e30'),
      mr(6, [ri(0, '01'), ri(1, '05')]),
      mr(7, [ri(0, '0ed8'), ri(1, '1388')]),
      mr(8, [ri(0, '7d'), ri(1, '0384')]),
      r(9, '64'),
      r(10, '0f'),
      mr(11, [ri(0, '00')]),
      r(13, '5182428f'),
      r(14, '2b30323a3030'),
      r(16, '55'),
    ],
  ],
  [
    'Device in its instance (7.5.5.2 A)',
    '080079c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055',
    [
      oi(0, [
        r(0, '4f70656e204d6f62696c6520416c6c69616e6365'),
        r(1, '4c69676874776569676874204d324d20436c69656e74'),
        r(2, '333435303030313233'),
        r(3, '312e30'),
        mr(6, [ri(0, '01'), ri(1, '05')]),
        mr(7, [ri(0, '0ed8'), ri(1, '1388')]),
        mr(8, [ri(0, '7d'), ri(1, '0384')]),
        r(9, '64'),
        r(10, '0f'),
        mr(11, [ri(0, '00')]),
        r(13, '5182428f'),
        r(14, '2b30323a3030'),
        r(16, '55'),
      ]),
    ],
  ],
  [
    'Access Control with a 16-bit id (7.5.5.2 B)',
    '08000ec10001c101008302417f07c1037f080212c10003c101008702417f0761013601c1037f',
    [
      oi(0, [r(0, '01'), r(1, '00'), mr(2, [ri(127, '07')]), r(3, '7f')]),
      oi(2, [r(0, '03'), r(1, '00'), mr(2, [ri(127, '07'), ri(310, '01')]), r(3, '7f')]),
    ],
  ],
  [
    'Server, length corrected (7.5.5.2 C)',
    '08000fc10001c40100015180c10601c10755',
    [oi(0, [r(0, '01'), r(1, '00015180'), r(6, '01'), r(7, '55')])],
  ],
  [
    'object links (7.5.5.3)',
    '88000c440000420000440100420001c8010d38363133383030373535353030c40212345678',
    [mr(0, [ri(0, '00420000'), ri(1, '00420001')]), r(1, '38363133383030373535353030'), r(2, '12345678')],
  ],
  [
    'null link, lengths corrected (7.5.5.3)',
    '080026c8000b6d79536572766963652031c8010f496e7465726e65742e31352e323334c40200430000080126c8000b6d79536572766963652032c8010f496e7465726e65742e31352e323335c402ffffffff',
    [
      oi(0, [r(0, '6d79536572766963652031'), r(1, '496e7465726e65742e31352e323334'), r(2, '00430000')]),
      oi(1, [r(0, '6d79536572766963652032'), r(1, '496e7465726e65742e31352e323335'), r(2, 'ffffffff')]),
    ],
  ],
  [
    'partial write of a Server (ETS 215)',
    'c10265c20303f2c20507d0c10601c10755',
    [r(2, '65'), r(3, '03f2'), r(5, '07d0'), r(6, '01'), r(7, '55')],
  ],
  ['TL-3, P16: empty multiple resource', '8006', [mr(6, [])]],
  ['P17: Integer 129 in two bytes', 'c2070081', [r(7, '0081')]],
  ['16-bit length (Table 7.5.5-1)', `d000012c${'61'.repeat(300)}`, [r(0, '61'.repeat(300))]],
  ['24-bit length', `d800010000${'00'.repeat(65_536)}`, [r(0, '00'.repeat(65_536))]],
  ['8-bit length', 'c800086162636465666768', [r(0, '6162636465666768')]],
  ['nothing', '', []],
];

/** Legal forms that are longer than they need be. */
const LONG_FORMS: readonly (readonly [name: string, bytes: string, nodes: readonly TlvNode[]])[] = [
  ['16-bit id with a length field', 'e801000568656c6c6f', [r(256, '68656c6c6f')]],
  ['16-bit id below 256', 'e1000964', [r(9, '64')]],
  ['24-bit length of one byte', 'd80900000164', [r(9, '64')]],
  ['inline length bits beside a length field', 'cf090164', [r(9, '64')]],
];

const MUST_FAIL: readonly (readonly [name: string, bytes: string])[] = [
  [
    'Device, one letter short',
    'c800144f70656e204d6f62696c6520416c6c69616e6365c801164c696768747765696774204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055',
  ],
  [
    'Device in its instance, one letter short',
    '080079c800144f70656e204d6f62696c6520416c6c69616e6365c801164c696768747765696774204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055',
  ],
  ['Server with length 0x0D', '08000dc10001c40100015180c10601c10755'],
  [
    'links with length 0x23',
    '080023c8000b6d79536572766963652031c8010f496e7465726e65742e31352e323334c40200430000080123c8000b6d79536572766963652032c8010f496e7465726e65742e31352e323335c402ffffffff',
  ],
  ['an instance within a resource', '820608000000'],
  ['a resource within a multiple resource', '8206c10001'],
];

describe('TLV', () => {
  it.each(VECTORS)('%s, both ways', (_, bytes, nodes) => {
    expect(decodeTlv(unhex(bytes))).toEqual({ ok: true, nodes });
    const encoded = encodeTlv(nodes);
    expect(encoded.ok && hex(encoded.bytes)).toBe(bytes);
  });

  it.each(LONG_FORMS)('TL-1: reads %s', (_, bytes, nodes) =>
    expect(decodeTlv(unhex(bytes))).toEqual({ ok: true, nodes }),
  );

  it.each(MUST_FAIL)('TL-4, TL-5: refuses %s', (_, bytes) => {
    expect(decodeTlv(unhex(bytes))).toMatchObject({ ok: false, error: { fault: 'peer' } });
  });

  it.each(VECTORS.filter(([, bytes]) => bytes.length < 1000))(
    '%s, cut anywhere, is an error or a shorter payload',
    (_, bytes) => {
      for (const prefix of prefixes(unhex(bytes))) {
        const cut = decodeTlv(prefix);
        if (!cut.ok) expect(cut.error).toMatchObject({ kind: 'truncated', fault: 'peer' });
        else expect(encodeTlv(cut.nodes)).toEqual({ ok: true, bytes: prefix });
      }
    },
  );

  it('says where it stopped', () => {
    expect(decodeTlv(unhex('c10964c20a00'))).toMatchObject({ error: { kind: 'truncated', offset: 3 } });
  });

  it('bounds the number of elements', () => {
    expect(decodeTlv(unhex('c000'.repeat(LIMITS.items + 1)))).toMatchObject({ error: { kind: 'limit' } });
  });
});
