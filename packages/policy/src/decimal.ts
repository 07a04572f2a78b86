/** A decimal number as people and devices write it: `-12`, `0.5`, `1e3`. */
export const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i;
