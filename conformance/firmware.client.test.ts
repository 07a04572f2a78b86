import { type FirmwareOptions, FirmwareUpdate, type PackageFault, type PackageSink } from '@reeve/agent';
import { describe, expect } from 'vitest';
import { Format, readSenmlCbor } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, type WireMessage } from './wire.ts';

const BLOCK2 = 23;
const BLOCK1 = 27;
/** A package of two parts of 16 bytes and one of 3. */
const PARTS = ['00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100', 'abcdef'];
/** Block option values (RFC 7959 §2.2) of these parts, with a size exponent of 0: number, more. */
const BLOCKS = ['08', '18', '20'];
const URI = 'coap://127.0.0.1/fw/1';

describe('firmware update', () => {
  const begin = (
    faults: Partial<Record<'begin' | 'append' | 'verify', PackageFault>> = {},
    options: Partial<FirmwareOptions> = {},
  ) => {
    let kept = '';
    const sink: PackageSink = {
      length: () => kept.length / 2,
      begin: () => {
        kept = '';
        return faults.begin;
      },
      append: (bytes) => {
        kept += Buffer.from(bytes).toString('hex');
        return faults.append;
      },
      verify: () => faults.verify,
    };
    const firmware = new FirmwareUpdate({ sink, install: () => 'started', ...options });
    const server = new ScriptedServer({ client: { updates: [firmware] } });
    server.register();
    const values = (path: string) =>
      readSenmlCbor(server.ask({ code: '0.01', path, accept: Format.senmlCbor }, { code: '2.05' }).payload ?? '');
    const stands = (state: number, result: number) =>
      expect(values('/5/0')).toMatchObject({ '/5/0/3': state, '/5/0/5': result });
    const writeUri = (uri: string) =>
      server.ask({ code: '0.03', path: '/5/0/1', format: Format.text, payload: hexOf(uri) }, { code: '2.04' });
    const writePart = (n: number, expected: Partial<WireMessage>) =>
      server.ask(
        { code: '0.03', path: '/5/0/0', format: 42, others: [[BLOCK1, BLOCKS[n] ?? '']], payload: PARTS[n] ?? '' },
        expected,
      );
    const push = () => {
      for (const n of [0, 1]) writePart(n, { code: '2.31', others: [[BLOCK1, BLOCKS[n] ?? '']] });
      writePart(2, { code: '2.04' });
    };
    /** Answers the client's request for one part of the package. */
    const serve = (n: number) => {
      const request = server.hear({ code: '0.01', path: '/fw/1' });
      server.answer(request, { code: '2.05', others: [[BLOCK2, BLOCKS[n] ?? '']], payload: PARTS[n] ?? '' });
    };
    const execute = (code: string) => server.ask({ code: '0.02', path: '/5/0/2' }, { code });
    const whole = () => expect(kept).toBe(PARTS.join(''));
    return { server, firmware, values, stands, writeUri, push, serve, execute, whole };
  };

  judge('client', '1.0-int-751', () => {
    const { values } = begin();
    // CoAP and CoAPS; both push and pull.
    expect(values('/5/0')).toMatchObject({ '/5/0/3': 0, '/5/0/5': 0, '/5/0/8/0': 0, '/5/0/8/1': 1, '/5/0/9': 2 });
  });

  judge('client', '1.0-int-755', () => {
    const { server, push, stands, whole } = begin();
    server.ask({ code: '0.03', path: '/5/0/0', format: 42, payload: '00' }, { code: '2.04' });
    stands(0, 0);
    push();
    stands(2, 0);
    whole();
  });

  // The procedure says resource 0 where it means 1.
  judge('client', '1.0-int-756', () => {
    const { writeUri, serve, stands, whole } = begin();
    writeUri('');
    stands(0, 0);
    writeUri(URI);
    for (const n of [0, 1, 2]) serve(n);
    stands(2, 0);
    whole();
  });

  judge('client', '1.0-int-760', () => {
    const { server, push } = begin();
    server.ask({ code: '0.03', path: '/5/0/3', query: ['pmin=2', 'pmax=10'] }, { code: '2.04' });
    const request = { code: '0.01', path: '/5/0/3', observe: 0, token: 'a1', accept: Format.text };
    expect(server.ask(request, { code: '2.05' }).payload).toBe(hexOf('0'));
    push();
    server.advance(2);
    const { payload } = server.hear({ code: '2.05', token: 'a1' });
    expect(payload).toBe(hexOf('2'));
  });

  judge('client', '1.0-int-770', () => {
    const { writeUri, push, stands, execute, firmware } = begin();
    writeUri('');
    push();
    stands(2, 0);
    execute('2.04');
    stands(3, 0);
    firmware.installed('updated');
    stands(0, 1);
  });

  judge('client', '1.0-int-771', () => {
    const { server, writeUri, stands, execute, firmware } = begin({}, { schemes: ['http'] });
    writeUri('http://127.0.0.1/fw/1');
    stands(1, 0);
    expect(server.events.at(-1)).toMatchObject({ kind: 'fetch', uri: 'http://127.0.0.1/fw/1', offset: 0 });
    for (const [n, part] of PARTS.entries()) firmware.intake.fetched(Buffer.from(part, 'hex'), n === 2);
    stands(2, 0);
    execute('2.04');
    firmware.installed('updated');
    stands(0, 1);
  });

  judge('client', '1.0-int-772', () => {
    const { execute, stands } = begin();
    execute('4.05');
    stands(0, 0);
  });

  judge('client', '1.0-int-773', () => {
    const { writeUri, stands } = begin({ begin: 'no-storage' });
    writeUri(URI);
    stands(0, 2);
  });

  // The procedure repeats result 2; the object means 3 by it.
  judge('client', '1.0-int-774', () => {
    const { writeUri, serve, stands } = begin({ append: 'out-of-memory' });
    writeUri(URI);
    serve(0);
    stands(0, 3);
  });

  judge('client', '1.0-int-775', () => {
    const { server, writeUri, serve, stands, firmware } = begin();
    writeUri(URI);
    serve(0);
    for (let seconds = 0; firmware.memory.state === 1 && seconds < 3600; seconds += 60) {
      server.advance(60);
      while (firmware.memory.state === 1 && askedForPart(server)) {}
    }
    stands(0, 4);
  });

  judge('client', '1.0-int-776', () => {
    const { push, stands } = begin({ verify: 'integrity' });
    push();
    stands(0, 5);
  });

  // The procedure leaves state 1 behind; by the object it is 0.
  judge('client', '1.0-int-777', () => {
    const { push, stands } = begin({ verify: 'package-type' });
    push();
    stands(0, 6);
  });

  judge('client', '1.0-int-778', () => {
    const { writeUri, stands } = begin();
    writeUri('no uri at all');
    stands(0, 7);
  });

  judge('client', '1.0-int-779', () => {
    const { push, execute, firmware, stands, values } = begin();
    push();
    execute('2.04');
    stands(3, 0);
    firmware.installed('failed');
    stands(2, 8);
    expect(values('/3/0')).toMatchObject({ '/3/0/3': '1.0' });
  });
});

/** Hears a request that nobody answers, if there is one. */
function askedForPart(server: ScriptedServer): boolean {
  try {
    server.hear();
    return true;
  } catch {
    return false;
  }
}
