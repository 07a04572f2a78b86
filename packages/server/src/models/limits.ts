/** Every bound of object definitions that people bring. */
export const modelLimits = {
  /** Bytes of one XML document; the largest of the registry has 34 kB. */
  documentBytes: 512 * 1024,
  /** Elements, and how deep they may lie in each other. */
  elements: 20_000,
  depth: 8,
  /** Characters that are kept of one element's text; only descriptions are longer, and they are not kept. */
  textLength: 1024,
  /** Objects of one document. */
  objects: 16,
  /** Resources of one object. */
  resources: 1024,
  nameLength: 200,
  unitsLength: 32,
  /** Mistakes that are told of one document. */
  mistakes: 20,
  /** Definitions that a server keeps beside those that are shipped. */
  uploaded: 2000,
} as const;
