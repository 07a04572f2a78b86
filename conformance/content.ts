/** What the payloads of scripts say, read apart from the packages that are judged. */

/** Values by path; null for a path without a value. */
export type Content = Readonly<Record<string, unknown>>;

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
