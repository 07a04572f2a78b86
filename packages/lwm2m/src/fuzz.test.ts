import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { parseAttributes } from './attributes.ts';
import { DefinitionStore } from './definitions/store.ts';
import { parseExecuteArgs } from './execute-args.ts';
import { decodeContent, encodeContent } from './formats/codec.ts';
import { ContentFormat } from './formats/content.ts';
import { formatLinks, parseLinks, parseRegistrationObjects } from './link-format.ts';
import { fromRequest } from './operations/reading.ts';
import { path, ROOT_PATH } from './path.ts';
import { parseRegisterQuery, parseUpdateQuery } from './registration.ts';
import { mutate, unhex, utf8 } from './testing.ts';

/** A parser gives a value or one of these, and nothing else. */
const FAULTS = ['peer', 'unsupported'];

const SEEDS = {
  tlv: [
    'c303312e3086064100014101058807084200',
    '08000ec10001c101008302417f07c1037f080212c10003c101008702417f0761013601c1037f',
    'e801000568656c6c6f',
    'd80900000164',
  ].map(unhex),
  cbor: [
    '90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a20063362f300201',
    '81a221662f302f302f330843abcdef',
    '81a321662f302f302f3022c482001a1dcd6504036c53616d706c65537472696e67',
    '9fbf00672f36362f302f3263766c6f6436373a30ffff',
    'c07819313937302d30312d30315430303a30303a30312d30303a3030',
    'c11a5182428f',
  ].map(unhex),
  json: [
    '[{"bn":"/72/","bt":25462634,"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":2e1,"t":-30}]',
    '[{"n":"/0/1/3","vd":"YjMx"},{"n":"/0/1/4","vb":false},{"n":"/66/0/2","vlo":"67:0","u":"\\u00e9"}]',
  ].map(utf8),
  text: ['-750', '0.00000000006667', 'AQIDBAU=', '66:0', '1e9'].map(utf8),
};

const BASES = [
  ROOT_PATH,
  path(3),
  path(3, 0),
  path(3, 0, 9),
  path(3, 0, 6),
  path(3, 0, 6, 1),
  path(6, 0, 0),
  path(66, 0, 2),
];

function fuzz(
  target: string,
  seeds: readonly Uint8Array[],
  run: (input: Uint8Array, random: () => number) => void,
): void {
  const plan = fuzzPlan(`lwm2m ${target}`);
  const random = seededRandom(plan.seed);
  for (let index = 0; index < plan.runs; index++) run(mutate(seeds, random), random);
}

describe('fuzzing', () => {
  const resourceType = new DefinitionStore().resourceTypes();
  const formats: readonly (readonly [name: string, formats: readonly number[], seeds: readonly Uint8Array[]])[] = [
    ['TLV', [ContentFormat.tlv], SEEDS.tlv],
    [
      'CBOR',
      [ContentFormat.senmlCbor, ContentFormat.senmlEtchCbor, ContentFormat.cbor, ContentFormat.lwm2mCbor],
      SEEDS.cbor,
    ],
    ['JSON', [ContentFormat.senmlJson, ContentFormat.senmlEtchJson, ContentFormat.json], SEEDS.json],
    ['text', [ContentFormat.text, ContentFormat.opaque], SEEDS.text],
  ];
  it.each(formats)('%s: a value that can be written again, or a typed error', (name, numbers, seeds) => {
    fuzz(name, seeds, (bytes, random) => {
      const format = numbers[Math.floor(random() * numbers.length)] ?? 0;
      const base = BASES[Math.floor(random() * BASES.length)] ?? ROOT_PATH;
      const decoded = decodeContent({ format, bytes, path: base, resourceType });
      if (!decoded.ok) {
        if (!FAULTS.includes(decoded.error.fault)) expect(decoded.error.fault).toBe('peer');
        return;
      }
      // A path may come twice, which TLV can't repeat, and a lone null has no form: those alone are refused.
      const again = encodeContent({ format, path: base, records: decoded.records });
      if (!again.ok && again.error.fault !== 'caller') expect(again).toMatchObject({ ok: true });
    });
  });

  it('link format: links that read the same when written, or a typed error', () => {
    const seeds = [
      '</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://server_1.example.com", </0/1/>',
      '</lwm2m>;rt="oma.lwm2m";ct="110 112 60", </lwm2m/1/0>,</lwm2m/5>;ver=1.1;ct=110;ct=112;x',
      'lwm2m=1.0,</0/0>;ssid=101',
    ].map(utf8);
    fuzz('link format', seeds, (bytes) => {
      const parsed = parseLinks(bytes);
      if (!parsed.ok) {
        if (parsed.error.fault !== 'peer') expect(parsed.error.fault).toBe('peer');
        return;
      }
      parseRegistrationObjects(parsed.links);
      const again = parseLinks(formatLinks(parsed.links));
      if (JSON.stringify(again) !== JSON.stringify(parsed)) expect(again).toEqual(parsed);
    });
  });

  it('queries, arguments and requests: a value or a code', () => {
    const seeds = ['ep=urn:dev&lt=60&lwm2m=1.1&b=UQ&Q&sms=1', 'pmin=1&pmax=2&gt=4.5&lt=1&st=1', "0,1='a',2='10.3'"].map(
      utf8,
    );
    const decoder = new TextDecoder();
    fuzz('queries', seeds, (bytes, random) => {
      const text = decoder.decode(bytes);
      const query = text.split('&');
      for (const result of [parseRegisterQuery(query), parseUpdateQuery(query), parseAttributes(query)]) {
        if (!result.ok && (result.error.code < 0x80 || result.error.code > 0x8f)) expect(result).toBeUndefined();
      }
      parseExecuteArgs(text);
      const method = (['GET', 'PUT', 'POST', 'DELETE', 'FETCH', 'IPATCH'] as const)[Math.floor(random() * 6)] ?? 'GET';
      const contentFormat = [0, 42, 60, 110, 112, 320, 322, 11542, 11544, 9][Math.floor(random() * 10)] ?? 0;
      const uri = ['3', '0', '9', text].slice(0, Math.floor(random() * 5));
      fromRequest({ method, path: uri, query, contentFormat, payload: bytes }, { resourceType });
    });
  });
});
