import { mesh } from 'topojson-client';
import type { GeometryCollection, MultiPolygon, Polygon, Topology } from 'topojson-specification';
import atlas from 'us-atlas/states-10m.json' with { type: 'json' };
import type { Metres } from '../units.ts';
import { type Border, border } from './shape.ts';

/** A state by its ISO 3166-2 code, `US-CA`. */
export interface UsState {
  readonly code: string;
  readonly name: string;
}

/**
 * How far a line of the atlas (US Census cartographic boundaries, simplified, on a grid of about 300 × 100 m)
 * may lie from the line on the ground.
 */
export const ATLAS_BAND: Metres = 500;

/**
 * The atlas ends at the shore, and has no bays; a state reaches three nautical miles further (Submerged Lands Act,
 * 43 U.S.C. §1312). The atlas does not tell a shore from the line to another country, so that this holds there too.
 */
const STATE_WATERS: Metres = 5_556;

/** Decimals of a degree that are kept: about a metre, finer than the atlas. */
const PRECISION = 1e5;

/** ISO 3166-2 codes by the atlas's key, the FIPS 5-2 code. */
const CODES: Readonly<Record<string, string>> = {
  '01': 'AL',
  '02': 'AK',
  '04': 'AZ',
  '05': 'AR',
  '06': 'CA',
  '08': 'CO',
  '09': 'CT',
  '10': 'DE',
  '11': 'DC',
  '12': 'FL',
  '13': 'GA',
  '15': 'HI',
  '16': 'ID',
  '17': 'IL',
  '18': 'IN',
  '19': 'IA',
  '20': 'KS',
  '21': 'KY',
  '22': 'LA',
  '23': 'ME',
  '24': 'MD',
  '25': 'MA',
  '26': 'MI',
  '27': 'MN',
  '28': 'MS',
  '29': 'MO',
  '30': 'MT',
  '31': 'NE',
  '32': 'NV',
  '33': 'NH',
  '34': 'NJ',
  '35': 'NM',
  '36': 'NY',
  '37': 'NC',
  '38': 'ND',
  '39': 'OH',
  '40': 'OK',
  '41': 'OR',
  '42': 'PA',
  '44': 'RI',
  '45': 'SC',
  '46': 'SD',
  '47': 'TN',
  '48': 'TX',
  '49': 'UT',
  '50': 'VT',
  '51': 'VA',
  '53': 'WA',
  '54': 'WV',
  '55': 'WI',
  '56': 'WY',
  '60': 'AS',
  '66': 'GU',
  '69': 'MP',
  '72': 'PR',
  '78': 'VI',
};

type StateGeometry = Polygon<{ name: string }> | MultiPolygon<{ name: string }>;

// The atlas is TopoJSON; a JSON import is typed by its literals, which are wider than TopoJSON's own types.
const topology = atlas as unknown as Topology<{ states: GeometryCollection<{ name: string }> }>;

interface Entry extends UsState {
  readonly geometry: StateGeometry;
}

let decoded: ReadonlyMap<string, Entry> | undefined;

/** Every state by its code, decoded from the atlas on first use. */
function states(): ReadonlyMap<string, Entry> {
  if (decoded) return decoded;
  const entries = new Map<string, Entry>();
  for (const geometry of topology.objects.states.geometries) {
    const code = CODES[String(geometry.id)];
    if (code === undefined || !isArea(geometry)) continue;
    entries.set(`US-${code}`, { code: `US-${code}`, name: geometry.properties?.name ?? code, geometry });
  }
  decoded = entries;
  return entries;
}

function isArea(geometry: { type: string | null }): geometry is StateGeometry {
  return geometry.type === 'Polygon' || geometry.type === 'MultiPolygon';
}

/** All states, the federal district and the territories, ordered by code. */
export function regionNames(): readonly UsState[] {
  return [...states().values()].map(({ code, name }) => ({ code, name })).sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** The state with this ISO code or name; case does not matter. */
export function findState(text: string): UsState | undefined {
  const wanted = text.toLowerCase();
  return regionNames().find(({ code, name }) => code.toLowerCase() === wanted || name.toLowerCase() === wanted);
}

/** The border of these states taken together: lines between two of them are no border. */
export function statesBorder(codes: readonly string[]): readonly Border[] {
  const within = new Set<unknown>(codes.map((code) => states().get(code)?.geometry));
  const borders = (reach: Metres, isBorder: (a: unknown, b: unknown) => boolean) =>
    mesh(topology, topology.objects.states, isBorder).coordinates.map((line) => border(line.map(toPair), reach));
  return [
    ...borders(0, (a, b) => a !== b && within.has(a) !== within.has(b)),
    // An edge of one state only has it on both sides.
    ...borders(STATE_WATERS, (a, b) => a === b && within.has(a)),
  ];
}

function toPair([lon = 0, lat = 0]: readonly number[]): [number, number] {
  return [Math.round(lon * PRECISION) / PRECISION, Math.round(lat * PRECISION) / PRECISION];
}
