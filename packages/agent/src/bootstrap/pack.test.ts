import { Code, Option, option } from '@reeve/coap';
import { ContentFormat, path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { objectInstance } from '../instance.ts';
import { URI } from '../testing.ts';

import { Bootstrapping, FINISH, type Resources, SERVER, securityOf, text, uri, write } from './testing.ts';

const { linkFormat, senmlCbor } = ContentFormat;

describe('BS-8: a Bootstrap-Pack', () => {
  const content = (records: Readonly<Record<string, Resources>>, format: number = senmlCbor) => {
    const { payload } = write('/', records, format);
    const options = [option(Option.ContentFormat, format)];
    return { code: Code.Content, options, ...(payload && { payload }) };
  };
  const good = { '/0/1': securityOf(URI), '/1/0': SERVER };

  it('is asked for by a 1.2 client, which then needs no Finish', () => {
    const world = new Bootstrapping({ provisioned: false, bootstrap: true, client: { version: '1.2' } });
    world.bootstrapServer.answer = () => content(good);
    world.register().advance(5_000);
    expect(world.bootstrapServer.requests).toMatchObject([
      { code: Code.Get, path: 'bspack', query: ['ep=truck', 'acc=</0/0>'] },
    ]);
    expect(world.requests).toMatchObject([{ path: 'rd', query: ['ep=truck', 'lt=600', 'lwm2m=1.2', 'b=U'] }]);
  });

  it.each<[string, () => ReturnType<typeof content> | number]>([
    ['is not supported', () => Code.NotImplemented],
    ['is refused', () => Code.MethodNotAllowed],
    ['has no server', () => content({ '/0/1': securityOf(URI) })],
    ['holds the bootstrap account', () => content({ ...good, '/0/0': securityOf(URI) })],
    ['holds an object that is not there', () => content({ ...good, '/9/0': { 0: text('x') } })],
    ['can not be read', () => ({ code: Code.Content, options: [], payload: Buffer.of(0x81) })],
  ])('that %s leads to a Bootstrap-Request', (_, answer) => {
    const world = new Bootstrapping({ provisioned: false, bootstrap: true, client: { version: '1.2' } });
    world.bootstrapServer.answer = ({ path: to }) => (to === 'bspack' ? answer() : Code.Changed);
    world.register();
    expect(world.bootstrapServer.requests.map(({ path: to }) => to)).toEqual(['bspack', 'bs']);
    expect(world.get('/', linkFormat).payload).toBe('</>;lwm2m=1.2,</0/0>,</3/0>,</6/0>,</8/0>');
    world.provision();
    expect(world.tell(FINISH)).toBe('2.04');
  });

  it('takes the place of all instances of the objects that it tells of, and of no others', () => {
    const other = objectInstance(2, 5, { values: { 0: 3, 1: 0, 3: 65_535 } });
    const world = new Bootstrapping({ bootstrap: true, client: { version: '1.2' }, objects: [other] });
    world.register();
    world.bootstrapServer.answer = () => content({ '/0/2': securityOf(URI), '/1/0': SERVER });
    world.ask({ code: Code.Post, options: uri('/1/0/9') });
    world.advance(5_000);
    expect(world.client.get(path(0, 0, 0)).type).toBe('none');
    expect(world.client.get(path(0, 2, 0)).value).toBe(URI);
    expect(world.client.get(path(2, 5, 0)).value).toBe(3);
  });
});
