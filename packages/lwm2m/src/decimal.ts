/** A number without exponent, which LwM2M's plain text and attributes do not have, in no more digits than give it back. */
export function plainDecimal(value: number): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(Object.is(value, -0) ? '-0' : String(value)) ?? [];
  const shift = Number(exponent);
  if (shift >= 0) {
    const digits = fraction.padEnd(shift, '0');
    const rest = digits.slice(shift);
    return `${sign}${whole}${digits.slice(0, shift)}${rest && `.${rest}`}`;
  }
  const digits = whole.padStart(1 - shift, '0');
  return `${sign}${digits.slice(0, shift)}.${digits.slice(shift)}${fraction}`;
}
