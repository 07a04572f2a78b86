/** An item of an object definition, in the registry's form. */
export function itemXml(id: number | string, parts: Readonly<Record<string, string>> = {}): string {
  const said = { Name: `Thing ${id}`, Operations: 'R', Type: 'Integer', ...parts };
  const elements = Object.entries(said).map(([name, text]) => `<${name}>${text}</${name}>`);
  return `<Item ID="${id}">${elements.join('')}</Item>`;
}

/** An object definition, each item on a line of its own: the first is on line 4. */
export function objectXml(items: readonly string[], parts: Readonly<Record<string, string>> = {}): string {
  const said = { Name: 'Pump', ObjectID: '32770', MultipleInstances: 'Multiple', Mandatory: 'Optional', ...parts };
  const elements = Object.entries(said).map(([name, text]) => `<${name}>${text}</${name}>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<LWM2M><Object ObjectType="MODefinition">',
    `${elements.join('')}<Resources>`,
    ...items,
    '</Resources><Description2></Description2></Object></LWM2M>',
  ].join('\n');
}
