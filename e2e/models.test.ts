import { Code, locationPath, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { TestServer } from './harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { udpWire } from './wires.ts';

const xml = (version: string, type: string) => `<LWM2M><Object ObjectType="MODefinition">
  <Name>Pump</Name><ObjectID>32770</ObjectID><ObjectVersion>${version}</ObjectVersion>
  <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
  <Resources><Item ID="0">
    <Name>Pressure</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
    <Mandatory>Mandatory</Mandatory><Type>${type}</Type><RangeEnumeration>0-10</RangeEnumeration><Units>bar</Units>
  </Item></Resources>
</Object></LWM2M>`;

/** Registers with one instance of the object, in a version of it. */
async function registered(server: TestServer, endpoint: string, version: string): Promise<ScriptedDevice> {
  await server.api('devices.add', { body: { endpoint, noSec: true } });
  const device = new ScriptedDevice(endpoint, await udpWire(server.ready.coapPort ?? 0), { '/32770/0/0': '7' });
  const answer = await device.request({
    code: Code.Post,
    options: [
      option(Option.UriPath, 'rd'),
      option(Option.ContentFormat, 40),
      ...['lwm2m=1.1', 'lt=300', 'b=U', `ep=${endpoint}`].map((text) => option(Option.UriQuery, text)),
    ],
    payload: Buffer.from(`</1/0>,</3/0>,</32770>;ver=${version},</32770/0>`),
  });
  device.location = locationPath(answer);
  return device;
}

describe.each(['main', 'worker'] as const)(
  'definitions that are added while devices are registered (link: %s)',
  (link) => {
    it('type, name and bound their values at once, by version, and after a crash', { timeout: 60_000 }, async () => {
      const server = await TestServer.start({ link, noSec: true });
      try {
        await using older = await registered(server, 'older', '1.0');
        await using newer = await registered(server, 'newer', '2.0');
        const read = async ({ endpoint: device }: ScriptedDevice) => {
          const operation = { kind: 'read', path: '/32770/0/0' } as const;
          const command = await server.api('commands.create', {
            params: { device },
            query: { wait: 20 },
            body: { operation },
          });
          return command.values?.map(({ type, text }) => [type, text]);
        };
        expect(await read(older)).toEqual([['string', '7']]);

        await server.api('models.add', { body: { xml: xml('1.0', 'Integer') } });
        expect(await read(older)).toEqual([['integer', '7 bar']]);
        expect(await read(newer)).toEqual([['string', '7']]);
        await server.api('models.add', { body: { xml: xml('2.0', 'Float') } });
        expect(await read(newer)).toEqual([['float', '7 bar']]);

        const { objects } = await server.api('devices.show', { params: { device: 'older' } });
        expect(objects.find(({ objectId }) => objectId === 32_770)).toMatchObject({
          name: 'Pump',
          version: '1.0',
          resources: [{ name: 'Pressure', operations: 'RW', range: { least: 0, largest: 10 }, units: 'bar' }],
        });
        const values = [{ path: '/32770/0/0', value: 11 }];
        const write = { kind: 'write', mode: 'replace', path: '/32770/0/0', values } as const;
        const body = { operation: { ...write, values: [...values] } };
        await expect(server.api('commands.create', { params: { device: 'older' }, body })).rejects.toMatchObject({
          problem: { code: 'invalid-value' },
        });

        await server.kill();
        await server.restart();
        expect(await server.api('models.show', { params: { object: '32770' } })).toMatchObject({
          version: '2.0',
          versions: ['1.0', '2.0'],
          devices: 1,
        });
        await older.update();
        expect(await read(older)).toEqual([['integer', '7 bar']]);
      } finally {
        await server.close();
      }
    });
  },
);
