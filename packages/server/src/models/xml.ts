import { SaxesParser } from 'saxes';
import { modelLimits as limits } from './limits.ts';

/** An element of a document, and where it begins. */
export interface Element {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Its own text, trimmed and cut to what is kept. */
  readonly text: string;
}

/** What is wrong with a document, and where. */
export interface Mistake {
  readonly line: number;
  readonly message: string;
}

type Parsed = { readonly ok: true; readonly root: Element } | { readonly ok: false; readonly mistake: Mistake };

interface OpenElement extends Element {
  readonly children: Element[];
  text: string;
}

/** Reads XML 1.0 into elements. It stops at the first mistake, and has no document type declarations: no entities of others. */
export function readXml(text: string): Parsed {
  const parser = new SaxesParser<{ position: true; xmlns: false }>({ position: true, xmlns: false });
  const open: OpenElement[] = [];
  let root: Element | undefined;
  let elements = 0;
  let mistake: Mistake | undefined;
  const wrong = (message: string) => {
    mistake ??= { line: parser.line, message: `the document ${message}` };
  };
  parser.on('error', (error) => wrong(`is no XML: ${error.message.replace(/^\d+:\d+: /, '')}`));
  parser.on('doctype', () => wrong('has a document type declaration: remove it, definitions need none'));
  parser.on('opentag', ({ name, attributes }) => {
    if (mistake) return;
    elements++;
    if (elements > limits.elements) return wrong(`has more than ${limits.elements} elements`);
    if (open.length === limits.depth) return wrong(`has elements deeper than ${limits.depth} levels`);
    open.push({ name, line: parser.line, attributes, children: [], text: '' });
  });
  const characters = (more: string) => {
    const element = open.at(-1);
    if (element && element.text.length < limits.textLength) element.text += more.slice(0, limits.textLength);
  };
  parser.on('text', characters);
  parser.on('cdata', characters);
  parser.on('closetag', () => {
    if (mistake) return;
    const element = open.pop();
    if (!element) return;
    element.text = element.text.trim();
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else root = element;
  });
  // In pieces, so that a document that is refused early is not read to its end.
  for (let at = 0; at < text.length && !mistake; at += PIECE) parser.write(text.slice(at, at + PIECE));
  if (!mistake) parser.close();
  if (mistake || !root) return { ok: false, mistake: mistake ?? { line: 1, message: 'the document is empty' } };
  return { ok: true, root };
}

const PIECE = 16 * 1024;

/** The children of an element with a name; XML's case counts. */
export function childrenOf(element: Element, name: string): readonly Element[] {
  return element.children.filter((child) => child.name === name);
}
