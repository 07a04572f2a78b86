import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, type ModelDetail, type ModelInfo, type ResourceInfo } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { flag, required, words } from '../options.ts';
import { type Columns, facts, show, showList, table } from '../output.ts';
import { readSource } from '../secret-input.ts';
import { clean } from '../table.ts';
import { age } from '../words.ts';

export const modelCommands = [
  command({
    name: 'model ls',
    summary: 'List the objects that the server knows, every version of each',
    options: { added: flag('only those that people added') },
    run: async (context, given) => {
      const { items } = await context.api('models.list');
      const listed = items.filter(({ source }) => !given.added || source === 'added');
      showList(
        context,
        { items: listed },
        modelColumns(context.terminal.now()),
        'Nothing was added. Add definitions: reeve model add FILE.xml',
      );
    },
  }),
  command({
    name: 'model show',
    summary: 'Show an object and its resources: names, types, ranges, units',
    positionals: { model: required('OBJECT[/VERSION]', 'its id, in its newest or a given version, e.g. 3/1.1') },
    run: async (context, given) => {
      const { object, version } = read(given.model);
      const query = version === undefined ? {} : { version };
      const detail = await context.api('models.show', { params: { object }, query });
      show(context, detail, () => detailLines(context, detail));
    },
  }),
  command({
    name: 'model add',
    summary: 'Add object definitions in the XML of the OMA registry: devices are read by them at once',
    positionals: { files: words('FILE …', 'documents, or folders of them; - for stdin') },
    run: (context, given) => addModels(context, given.files),
  }),
  command({
    name: 'model rm',
    summary: 'Remove a definition that was added',
    positionals: { model: required('OBJECT/VERSION', 'e.g. 32770/1.0') },
    run: async (context, given) => {
      const { object, version } = read(given.model);
      if (version === undefined) throw new Failure('usage', `Say which version: ${object}/1.0`);
      await context.api('models.remove', { params: { object, version } });
      context.terminal.note(`Removed ${given.model}`);
    },
  }),
];

/** @throws Failure `usage` */
function read(model: string): { object: string; version: string | undefined } {
  const match = /^\/?(\d{1,5})(?:\/(\d{1,5}\.\d{1,5}))?$/.exec(model);
  if (match?.[1] !== undefined) return { object: match[1], version: match[2] };
  throw new Failure('usage', `"${model}" is no object: write its id, e.g. 3, or with a version 3/1.1`);
}

/** What became of one document. */
interface Outcome {
  readonly file: string;
  readonly added: readonly ModelInfo[];
  /** What it defines comes with Reeve. */
  readonly shipped: boolean;
  /** Why it was refused, line by line. */
  readonly refused: readonly string[];
}

/** Each document by itself: one that is refused keeps no other back. */
async function addModels(context: Context, named: readonly string[]): Promise<ExitName> {
  const outcomes: Outcome[] = [];
  for (const file of (await Promise.all(named.map(documentsOf))).flat()) {
    outcomes.push(await addModel(context, file));
  }
  const refused = outcomes.filter((each) => each.refused.length > 0);
  show(context, { items: outcomes }, () => {
    const added = outcomes.flatMap((outcome) => outcome.added);
    return added.length === 0 ? [] : table(context, added, modelColumns(context.terminal.now()));
  });
  for (const { refused: reasons } of refused) for (const reason of reasons) context.terminal.note(reason);
  const shipped = outcomes.filter((each) => each.shipped);
  if (shipped.length > 0) {
    const names = shipped.length > 3 ? `${shipped.length} documents` : shipped.map(({ file }) => file).join(', ');
    context.terminal.note(clean(`Not added, since their versions come with Reeve and stay as they are: ${names}`));
  }
  if (refused.length > 0) context.terminal.note(`Refused ${refused.length} of ${outcomes.length} documents.`);
  return refused.length > 0 ? 'refused' : 'ok';
}

async function addModel(context: Context, file: string): Promise<Outcome> {
  const xml = await readSource(file, context.terminal);
  const nothing: Outcome = { file, added: [], shipped: false, refused: [] };
  try {
    return { ...nothing, added: (await context.api('models.add', { body: { xml } })).items };
  } catch (error) {
    if (!(error instanceof ApiError) || ![400, 409, 413, 422].includes(error.problem.status)) throw error;
    const { code, errors = [] } = error.problem;
    if (code === 'wrong-state') return { ...nothing, shipped: true };
    const reasons = errors.map(({ at, message }) => clean(`${file}, ${at}: ${message}`));
    return { ...nothing, refused: reasons.length > 0 ? reasons : [clean(`${file}: ${error.message}`)] };
  }
}

/** The file itself, or the XML documents of a folder. @throws Failure `usage` */
async function documentsOf(file: string): Promise<readonly string[]> {
  if (file === '-') return [file];
  try {
    if (!(await stat(file)).isDirectory()) return [file];
    const names = (await readdir(file)).filter((name) => /\.xml$/i.test(name));
    return names.sort().map((name) => join(file, name));
  } catch (error) {
    throw new Failure('usage', `Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function modelColumns(now: number): Columns<ModelInfo> {
  return {
    object: ({ objectId }) => String(objectId),
    version: ({ version }) => version,
    name: ({ name }) => name,
    resources: ({ resourceCount }) => String(resourceCount),
    added: ({ addedAt }) => age(addedAt, now),
  };
}

function detailLines(context: Context, model: ModelDetail): string[] {
  return [
    context.terminal.style('bold', clean(`${model.objectId} ${model.name}, version ${model.version}`)),
    ...facts(context, {
      urn: model.urn,
      instances: `${model.multiple ? 'several' : 'one'}, ${model.mandatory ? 'mandatory' : 'optional'}`,
      versions: model.versions.join(', '),
      source: model.source === 'shipped' ? 'comes with Reeve' : `added ${age(model.addedAt, context.terminal.now())}`,
      'in use by': `${model.devices} registered device${model.devices === 1 ? '' : 's'}`,
    }),
    '',
    ...table(context, model.resources, {
      id: ({ resourceId }) => String(resourceId),
      name: ({ name }) => name,
      operations: ({ operations }) => (operations === 'none' ? 'bootstrap' : operations),
      type: ({ type }) => type ?? '',
      instances: ({ multiple }) => (multiple ? 'several' : ''),
      mandatory: ({ mandatory }) => (mandatory ? 'yes' : ''),
      range: ({ range }) => (range ? `${range.least}..${range.largest}` : ''),
      unit: ({ units }) => units ?? '',
      values: (resource) => valuesText(resource),
    }),
  ];
}

function valuesText({ values = [] }: ResourceInfo): string {
  return values.map(({ value, name }) => `${value} ${name}`).join(', ');
}
