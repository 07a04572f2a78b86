import type { FrameField } from '@reeve/contract';

/** Fields of a layout as people read them: which bits, of which resource, and how its value comes of them. */
export function fieldRows(fields: readonly FrameField[]) {
  let next = 0;
  return fields.map(({ path, bits, encoding = 'unsigned', scale, offset }) => {
    const first = next;
    next += bits;
    const terms = [
      encoding,
      ...(scale === undefined ? [] : [`× ${scale}`]),
      ...(offset === undefined ? [] : [offset < 0 ? `− ${-offset}` : `+ ${offset}`]),
    ];
    return { bits: bits === 1 ? `${first}` : `${first} to ${next - 1}`, path, value: path ? terms.join(' ') : '' };
  });
}
