import type { Command, SetValue } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { LeshanStage } from './leshan-stage.ts';

/** Each type: resource of it, the one with several instances, what Leshan has there at first, and what is written. */
const types = [
  ['String', 110, 1110, 'initial value', 'Zähler 7 "neu"'],
  ['Integer', 120, 1120, 1024, '-9223372036854775808'],
  // Its TLV writes numbers of the last 2^31 as if they were negative: in one, two or four octets.
  ['Unsigned Integer', 125, 1125, '9223372036854775808', '12345678901234567890'],
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: the library means these five digits
  ['Float', 130, 1130, 3.14159, -1.5e-300],
  ['Boolean', 140, 1140, true, false],
  ['Opaque', 150, 1150, 'ASNFZ4mrze8=', 'AP8A/w=='],
  ['Time', 160, 1160, 946_684_800, 1_790_000_000],
  ['Objlnk', 170, 1170, '3:0', '65535:65535'],
  ['Corelnk', 180, 1180, '</3442>', '</3>;ver=1.1,</6/0>'],
] as const;

const OBJECT = '/3442';
const INSTANCE = `${OBJECT}/0`;

const item = (id: number, name: string, type: string, multiple: boolean) => `<Item ID="${id}"><Name>${name}</Name>
  <Operations>RW</Operations><MultipleInstances>${multiple ? 'Multiple' : 'Single'}</MultipleInstances>
  <Mandatory>Optional</Mandatory><Type>${type}</Type><RangeEnumeration/><Units/></Item>`;

/** The object as its registry has it, without what is executed. */
const xml = `<LWM2M><Object ObjectType="MODefinition"><Name>Test</Name><ObjectID>3442</ObjectID>
  <LWM2MVersion>1.1</LWM2MVersion><ObjectVersion>1.0</ObjectVersion><MultipleInstances>Multiple</MultipleInstances>
  <Mandatory>Optional</Mandatory><Resources>${types
    .map(([type, single, several]) => item(single, type, type, false) + item(several, `${type}s`, type, true))
    .join('')}</Resources></Object></LWM2M>`;

const told = ({ values = [] }: Command) => Object.fromEntries(values.map(({ path, value }) => [path, value]));

/** Values of every type, to and from a device that nobody here wrote, in every format that both sides have. */
describe.skipIf(!leshanAvailable())('A Leshan device with a resource of each type', { timeout: 60_000 }, () => {
  let stage: LeshanStage;
  beforeAll(async () => {
    stage = await LeshanStage.open({ everyType: true });
    await stage.server.api('models.add', { body: { xml } });
  }, 60_000);
  afterAll(() => stage?.close());

  /** How often the device was written and read in a format. */
  const used = async (format: number) => {
    const { writtenIn, readIn } = await stage.device.state();
    return { written: writtenIn[format] ?? 0, read: readIn[format] ?? 0 };
  };

  it('tells what it has at first, as the types of its definition', async () => {
    const read = await stage.perform({ kind: 'read', path: INSTANCE });
    for (const [, single, several, value] of types) {
      expect(told(read)).toMatchObject({ [`${INSTANCE}/${single}`]: value, [`${INSTANCE}/${several}/0`]: value });
    }
  });

  // What is refused is not asked for again, so that the next of the formats of 1.1 comes.
  it.each([
    ['SenML CBOR', 112, []],
    ['SenML JSON', 110, [112]],
    ['TLV', 11_542, [112, 110]],
  ])('takes and tells all of them in %s', async (_, format, refused) => {
    stage.device.refuse(...refused);
    // Other values each time.
    const swapped = format === 110;
    const values: SetValue[] = types.flatMap(([, single, several, first, second]) => {
      const [one, other] = swapped ? [first, second] : [second, first];
      return [
        { path: `${INSTANCE}/${single}`, value: one },
        { path: `${INSTANCE}/${several}/0`, value: one },
        { path: `${INSTANCE}/${several}/7`, value: other },
      ];
    });
    const before = await used(format);
    const write = await stage.perform({ kind: 'write', mode: 'partial', path: INSTANCE, values });
    expect(write).toMatchObject({ state: 'answered', code: '2.04' });
    const read = await stage.perform({ kind: 'read', path: INSTANCE });
    expect(told(read)).toMatchObject(Object.fromEntries(values.map(({ path, value }) => [path, value])));
    expect(await used(format)).toEqual({ written: before.written + 1, read: before.read + 1 });
  });

  it.each(types)('takes and tells a single %s as text or octets', async (type, single, several, ...both) => {
    stage.device.refuse();
    const format = type === 'Opaque' ? 42 : 0;
    for (const [path, value] of [
      [`${INSTANCE}/${single}`, both[0]],
      [`${INSTANCE}/${single}`, both[1]],
      [`${INSTANCE}/${several}/7`, both[0]],
      [`${INSTANCE}/${several}/7`, both[1]],
    ] as const) {
      const before = await used(format);
      const write = await stage.perform({ kind: 'write', mode: 'replace', path, values: [{ path, value }] });
      expect(write).toMatchObject({ state: 'answered', code: '2.04' });
      expect(told(await stage.perform({ kind: 'read', path }))).toEqual({ [path]: value });
      expect(await used(format)).toEqual({ written: before.written + 1, read: before.read + 1 });
    }
  });
});
