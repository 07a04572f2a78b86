import { describe, expect, it } from 'vitest';
import type { ListenAddress, Transport } from '../link/listening.ts';
import { bootstrapWarnings, urisOf } from './uris.ts';

const at = (transport: Transport, port: number, bootstrap = false): ListenAddress => ({
  ...{ transport, host: '0.0.0.0', port },
  ...(bootstrap ? { bootstrap } : {}),
});

describe('under which URIs devices reach the server', () => {
  it('is said apart for the bootstrap interface, over datagrams before connections', () => {
    const connections = [at('coaps+tcp', 1), at('coap+tcp', 2), at('coaps+tcp', 3, true), at('coap+tcp', 4, true)];
    expect(urisOf(connections, 'reeve.example')).toEqual({
      'coaps+tcp': 'coaps+tcp://reeve.example:1',
      'coap+tcp': 'coap+tcp://reeve.example:2',
      bootstrap: 'coaps+tcp://reeve.example:3',
      plainBootstrap: 'coap+tcp://reeve.example:4',
    });
    const both = urisOf([...connections, at('coaps', 5, true), at('coap', 6, true)], '::1');
    expect(both).toMatchObject({ bootstrap: 'coaps://[::1]:5', plainBootstrap: 'coap://[::1]:6' });
  });

  it('is worth a warning if devices are to be bootstrapped, and it is not known', () => {
    const listen = [at('coaps+tcp', 1), at('coaps+tcp', 2, true)];
    expect(bootstrapWarnings(listen, urisOf(listen, undefined))).toHaveLength(1);
    expect(bootstrapWarnings(listen, urisOf(listen, 'reeve.example'))).toEqual([]);
    expect(bootstrapWarnings(listen.slice(0, 1), {})).toEqual([]);
  });
});
