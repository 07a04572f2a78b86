/** What the payloads of scripts say, read apart from the packages that are judged. */

/** Values by path; null for a path without a value. */
export type Content = Readonly<Record<string, unknown>>;

/** The device object of the specification's examples, in each format (Core §7.5, with its misprints put right). */
export const DEVICE_EXAMPLE = {
  tlv:
    'c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74c80209333435303030313233' +
    'c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055',
  senmlCbor:
    '90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c69676874776569676874204d324d20436c69656e74' +
    'a20061320369333435303030313233a20061330363312e30a20063362f300201a20063362f310205a20063372f3002190ed8a20063372f3102191388' +
    'a20063382f3002187da20063382f3102190384a2006139021864a200623130020fa2006431312f300200a200623133021a5182428fa200623134' +
    '03662b30323a3030a200623136036155',
  lwm2mCbor:
    'a1820300ad00744f70656e204d6f62696c6520416c6c69616e636501764c69676874776569676874204d324d20436c69656e740269333435303030313233' +
    '0363312e3006a20001010507a200190ed80119138808a200187d011903840918640a0f0ba100000d1a5182428f0e662b30323a3030106155',
  omaJson: Buffer.from(
    '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"13","v":1367491215},{"n":"16","sv":"U"}]}',
  ).toString('hex'),
  senmlJson: Buffer.from(
    '[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"1","vs":"Lightweight M2M Client"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"13","v":1367491215},{"n":"16","vs":"U"}]',
  ).toString('hex'),
} as const;

/** What all of these say. */
export const DEVICE_VALUES = {
  '/3/0/0': 'Open Mobile Alliance',
  '/3/0/6/0': 1,
  '/3/0/6/1': 5,
  '/3/0/13': 1_367_491_215,
  '/3/0/16': 'U',
} as const;

/** Content formats of a script (Core §7.5). */
export const Format = {
  text: 0,
  linkFormat: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  etchJson: 320,
  etchCbor: 322,
  tlv: 11_542,
  omaJson: 11_543,
  lwm2mCbor: 11_544,
} as const;

/** SenML JSON (RFC 8428) as values by full path. */
export function readSenmlJson(hex: string): Content {
  return resolve(JSON.parse(Buffer.from(hex, 'hex').toString()) as SenmlRecord[]);
}

/** SenML CBOR (RFC 8428 §6) as values by full path. */
export function readSenmlCbor(hex: string): Content {
  const labels: Readonly<Record<string, string>> = { '-2': 'bn', 0: 'n', 2: 'v', 3: 'vs', 4: 'vb', 8: 'vd' };
  const pack = readCbor(Buffer.from(hex, 'hex')) as ReadonlyMap<number | string, unknown>[];
  return resolve(
    pack.map((record) =>
      Object.fromEntries([...record].map(([label, value]) => [labels[String(label)] ?? String(label), value])),
    ),
  );
}

type SenmlRecord = Readonly<Record<string, unknown>>;

function resolve(pack: readonly SenmlRecord[]): Content {
  let base = '';
  const values: Record<string, unknown> = {};
  for (const { bn, n = '', v, vs, vb, vd, vlo } of pack) {
    if (typeof bn === 'string') base = bn;
    values[`${base}${String(n)}`] = v ?? vs ?? vb ?? vd ?? vlo ?? null;
  }
  return values;
}

/** One item of CBOR (RFC 8949), as far as LwM2M uses it: definite lengths and no tags. */
export function readCbor(bytes: Buffer): unknown {
  let at = 0;
  const argument = (info: number): number => {
    if (info < 24) return info;
    const length = 2 ** (info - 24);
    at += length;
    return length === 8 ? Number(bytes.readBigUInt64BE(at - 8)) : bytes.readUIntBE(at - length, length);
  };
  const slice = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const item = (): unknown => {
    const first = bytes.readUInt8(at++);
    const info = first & 31;
    if (first >> 5 === 7) return special(info);
    const count = argument(info);
    switch (first >> 5) {
      case 0:
        return count;
      case 1:
        return -1 - count;
      case 2:
        return slice(count).toString('hex');
      case 3:
        return slice(count).toString();
      case 4:
        return Array.from({ length: count }, item);
      case 5:
        return new Map(Array.from({ length: count }, () => [item(), item()]));
      default:
        throw new Error(`CBOR of type ${first >> 5} in a script`);
    }
  };
  const special = (info: number): unknown => {
    if (info === 26) return slice(4).readFloatBE();
    if (info === 27) return slice(8).readDoubleBE();
    return { 20: false, 21: true, 22: null }[info];
  };
  return item();
}
