import { Code, formatCode, Option, option, type RequestSpec } from '@reeve/coap';
import { ContentFormat, encodeContent, type LwM2mPath, parsePath, path, type Value } from '@reeve/lwm2m';
import { expect } from 'vitest';
import { PSK } from '../test-server.ts';
import { URI, World, type WorldOptions } from '../testing.ts';

const { tlv } = ContentFormat;
export const integer = (value: number): Value => ({ type: 'integer', value });
export const text = (value: string): Value => ({ type: 'string', value });
export const flag = (value: boolean): Value => ({ type: 'boolean', value });
export const opaque = (value: Uint8Array): Value => ({ type: 'opaque', value: Uint8Array.from(value) });

/** What a bootstrap server writes: resources by id, instances of a resource by `id/instance`. */
export type Resources = Readonly<Record<string, Value>>;

export const SERVER: Resources = { 0: integer(7), 1: integer(600), 6: flag(true), 7: text('U') };
export const securityOf = (uri: string, shortServerId = 7): Resources => ({
  0: text(uri),
  1: flag(false),
  ...(uri.startsWith('coaps')
    ? { 2: integer(0), 3: opaque(PSK.identity), 5: opaque(PSK.key) }
    : { 2: integer(3), 3: opaque(Buffer.of()), 5: opaque(Buffer.of()) }),
  10: integer(shortServerId),
});

function at(text: string): LwM2mPath {
  const parsed = parsePath(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

export function uri(text: string) {
  return text.split('/').flatMap((segment) => (segment === '' ? [] : option(Option.UriPath, segment)));
}

export function write(
  target: string,
  instances: Readonly<Record<string, Resources>>,
  format: number = tlv,
): RequestSpec {
  const records = Object.entries(instances).flatMap(([instance, resources]) =>
    Object.entries(resources).map(([id, value]) => ({ path: at(`${instance}/${id}`), value })),
  );
  const content = encodeContent({ format, path: at(target), records });
  if (!content.ok) throw new Error(content.error.detail);
  return {
    code: Code.Put,
    options: [...uri(target), option(Option.ContentFormat, format)],
    payload: content.bytes,
  };
}

export const remove = (target: string): RequestSpec => ({ code: Code.Delete, options: uri(target) });
export const FINISH: RequestSpec = { code: Code.Post, options: uri('/bs') };

/** A client, and what its bootstrap server asks of it. */
export class Bootstrapping extends World {
  /** @returns the code, such as `2.04` */
  tell(spec: RequestSpec): string {
    return formatCode(this.ask(spec, this.bootstrapServer).code);
  }

  get(target: string, accept: number): { readonly code: string; readonly payload: string } {
    const spec = { code: Code.Get, options: [...uri(target), option(Option.Accept, accept)] };
    const { code, payload } = this.ask(spec, this.bootstrapServer);
    return { code: formatCode(code), payload: Buffer.from(payload).toString() };
  }

  /** Writes one good account. */
  provision(server = URI): void {
    const account = this.client.get(path(0, 0, 1)).value === true ? '/0/1' : '/0/0';
    for (const spec of [
      remove('/'),
      write(account, { [account]: securityOf(server) }),
      write('/1/0', { '/1/0': SERVER }),
    ]) {
      expect(this.tell(spec)).toMatch(/^2/);
    }
  }
}

/** A client without a server, whose bootstrap has begun. */
export function begin(options: WorldOptions = {}): Bootstrapping {
  return new Bootstrapping({ provisioned: false, bootstrap: true, ...options }).register() as Bootstrapping;
}
