/** Units that people write otherwise than SenML (RFC 8428) names them. */
const WRITTEN: Readonly<Record<string, string>> = { '/100': '%', Cel: '°C', deg: '°', lat: '°', lon: '°' };

/** A unit as people write it; empty if there is none. */
export function unitText(units: string | undefined): string {
  return units === undefined ? '' : (WRITTEN[units] ?? units);
}

/** A value with its unit; coordinates go without, as everywhere. */
export function withUnit(text: string, units: string | undefined): string {
  return units === undefined || units === 'lat' || units === 'lon' ? text : `${text} ${unitText(units)}`;
}
