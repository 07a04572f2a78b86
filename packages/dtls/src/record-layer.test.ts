import { expect, it } from 'vitest';
import { ContentType, readRecord } from './record.ts';
import { RecordLayer } from './record-layer.ts';
import { SUITES } from './suites.ts';

const NOTHING = new Uint8Array(0);
const OURS = Uint8Array.of(1, 2, 3, 4);

/** The same keys both ways, so that a layer can hear itself. */
function layer(ours: Uint8Array, peers: Uint8Array): RecordLayer {
  const suite = SUITES[0];
  const { keyLength, fixedIvLength } = suite.cipher;
  const made = new RecordLayer(0);
  made.protect({ suite, encryptThenMac: false, material: Buffer.alloc(2 * (keyLength + fixedIvLength), 7) });
  made.connectionIds = { ours, peers };
  return made;
}

it.each([
  ['the one that was given', OURS, OURS, true],
  ['none, as was agreed', NOTHING, NOTHING, true],
  ['none, though one was given', OURS, NOTHING, false],
  ['another one', OURS, Uint8Array.of(1, 2, 3, 5), false],
])('takes records with a Connection ID only as agreed (RFC 9146 §3): %s', (_, ours, written, taken) => {
  const datagram = layer(NOTHING, written).seal(1, ContentType.APPLICATION_DATA, Buffer.from('x'));
  const record = readRecord(datagram, 0, written.length);
  if (record === undefined) throw new Error('no record');
  const opened = layer(ours, NOTHING).open(record);
  if (taken) expect(opened).toMatchObject({ content: Buffer.from('x') });
  else expect(opened).toBe('not-authentic');
});
