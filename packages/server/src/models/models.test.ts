import { readDefinitions } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import type { LinkDown } from '../link/port.ts';
import { Fleet } from '../registry/fleet.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import { call, organisationId, START } from '../test-core.ts';
import { modelHandlers } from './handlers.ts';
import { ModelLibrary } from './library.ts';
import { itemXml, objectXml } from './testing.ts';

async function open(store: Store = openMemoryStore()) {
  const sent: LinkDown[] = [];
  const library = await ModelLibrary.load(store, (message) => sent.push(structuredClone(message)));
  const handlers = modelHandlers({ store, fleet: await Fleet.load(store), library, now: () => START });
  const add = (xml: string) => handlers['models.add'](call({ body: { xml } }));
  const remove = (object: string, version: string) => handlers['models.remove'](call({ params: { object, version } }));
  const show = (object: string, version?: string) =>
    handlers['models.show'](call({ params: { object }, query: version === undefined ? {} : { version } }));
  const journal = async () => (await store.journal({ limit: 100 })).map(({ type, payload }) => ({ type, payload }));
  return { store, sent, library, handlers, add, remove, show, journal };
}

const pump = (version: string, type = 'Integer') => objectXml([itemXml(0, { Type: type })], { ObjectVersion: version });

describe('definitions that people add', () => {
  it('are in use at once, here and in the link, beside other versions', async () => {
    const { add, library, sent, journal, show } = await open();
    expect(await add(pump('1.0'))).toMatchObject({
      items: [{ objectId: 32_770, version: '1.0', name: 'Pump', urn: 'urn:oma:lwm2m:x:32770', source: 'added' }],
    });
    await add(pump('1.1', 'Float'));
    const typeIn = (version: string) =>
      library.models.resourceAt('/32770/0/0', {
        version: '1.1',
        objects: [{ objectId: 32_770, version, instances: [0] }],
      })?.type;
    expect([typeIn('1.0'), typeIn('1.1')]).toEqual(['integer', 'float']);
    expect(await show('32770')).toMatchObject({ version: '1.1', versions: ['1.0', '1.1'], devices: 0 });
    expect(await show('32770', '1.0')).toMatchObject({
      version: '1.0',
      resources: [{ resourceId: 0, type: 'integer' }],
    });
    const told = sent.flatMap((message) => (message.kind === 'definitions' ? message.added : []));
    expect(told.flatMap(readDefinitions).map(({ version }) => version)).toEqual(['1.0', '1.1']);
    expect(await journal()).toEqual([
      { type: 'model.added', payload: { objectId: 32_770, version: '1.0', name: 'Pump', replaced: false } },
      { type: 'model.added', payload: { objectId: 32_770, version: '1.1', name: 'Pump', replaced: false } },
    ]);
  });

  it('are there after a restart, before the link opens', async () => {
    const { add, store } = await open();
    await add(pump('1.0'));
    const { library, sent } = await open(store);
    expect(library.models.nameOf('/32770/0/0', undefined)).toBe('Thing 0');
    expect(sent).toMatchObject([{ kind: 'definitions', removed: [] }]);
  });

  it('can be replaced, and removed', async () => {
    const { add, remove, library, sent, journal, show } = await open();
    await add(pump('1.0'));
    await add(pump('1.0', 'String'));
    expect(library.models.resourceAt('/32770/0/0', undefined)?.type).toBe('string');
    await remove('32770', '1.0');
    expect(library.models.resourceAt('/32770/0/0', undefined)).toBeUndefined();
    expect(sent.at(-1)).toEqual({ kind: 'definitions', added: [], removed: [{ objectId: 32_770, version: '1.0' }] });
    expect((await journal()).map(({ type, payload }) => [type, 'replaced' in payload && payload.replaced])).toEqual([
      ['model.added', false],
      ['model.added', true],
      ['model.removed', false],
    ]);
    await expect(show('32770')).rejects.toMatchObject({ code: 'no-such-thing' });
    await expect(remove('32770', '1.0')).rejects.toMatchObject({ code: 'no-such-thing' });
  });

  it('take the place of nothing that is shipped, but stand beside it', async () => {
    const { add, remove, show, library } = await open();
    const device = (version: string) => objectXml([itemXml(9)], { ObjectID: '3', ObjectVersion: version });
    await expect(add(device('1.2'))).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(remove('3', '1.2')).rejects.toMatchObject({ code: 'wrong-state' });
    await add(device('1.7'));
    expect(await show('3', '1.7')).toMatchObject({ resourceCount: 1, source: 'added' });
    expect(library.models.resourceAt('/3/0/9', { version: '1.1', objects: [] })?.name).toBe('Battery Level');
  });

  it('are refused with the lines of their mistakes, and nothing is kept', async () => {
    const { add, journal } = await open();
    await expect(add(objectXml([itemXml(0, { Type: 'Colour' })]))).rejects.toMatchObject({
      code: 'invalid-model',
      places: [{ at: 'line 4', message: expect.stringContaining('Colour') }],
    });
    expect(await journal()).toEqual([]);
  });

  it('that are shipped by now count no more', async () => {
    const { store } = await open();
    const row = { organisationId, objectId: 3, version: '1.2', notation: '/3 Mine\n1.2\n0 R string X', addedAt: START };
    await store.commit({ changes: [{ put: 'models', row }] });
    const { library } = await open(store);
    expect(library.models.nameOf('/3', { version: '1.2', objects: [] })).toBe('Device');
  });
});
