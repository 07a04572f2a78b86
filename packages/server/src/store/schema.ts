/**
 * The vocabulary in which `tables.ts` declares what the store keeps. One declaration gives the row's type, the SQL of
 * every adapter, and the encoding between them.
 */
export type ColumnKind = 'text' | 'integer' | 'real' | 'json' | 'bytes';

export interface Column<T, Optional extends boolean = boolean> {
  readonly kind: ColumnKind;
  readonly optional: Optional;
  /** Carries the type only. */
  readonly type?: T;
}

const column = <T>(kind: ColumnKind): Column<T, false> => ({ kind, optional: false });

/** UTF-8 text. */
export const text = <T extends string = string>() => column<T>('text');
/** Integer within 2^53: counts and milliseconds. */
export const integer = () => column<number>('integer');
/** 64-bit float. */
export const real = () => column<number>('real');
/** Anything that JSON holds. */
export const json = <T>() => column<T>('json');
/** Raw bytes. */
export const bytes = () => column<Uint8Array>('bytes');
/** A column that may be absent. */
export const optional = <T>(of: Column<T, false>): Column<T, true> => ({ kind: of.kind, optional: true });

export type Columns = Readonly<Record<string, Column<unknown>>>;

export interface Table<C extends Columns, K extends string> {
  readonly columns: C;
  /** Primary key, in order. */
  readonly key: readonly K[];
  /** Column lists that are unique together. */
  readonly unique: readonly (readonly string[])[];
  /** Column lists by which `list` may select. */
  readonly indexes: readonly (readonly string[])[];
}

/** Declares a table. */
export function table<const C extends Columns, const K extends keyof C & string>(
  columns: C,
  key: readonly K[],
  more: {
    unique?: readonly (readonly (keyof C & string)[])[];
    indexes?: readonly (readonly (keyof C & string)[])[];
  } = {},
): Table<C, K> {
  return { columns, key, unique: more.unique ?? [], indexes: more.indexes ?? [] };
}

type Required<C extends Columns> = { [N in keyof C as C[N] extends Column<unknown, true> ? never : N]: C[N] };
type Value<C> = C extends Column<infer T> ? T : never;

/** The row type of a table. */
export type RowOf<T> =
  T extends Table<infer C, string>
    ? { -readonly [N in keyof Required<C>]: Value<C[N]> } & {
        -readonly [N in Exclude<keyof C, keyof Required<C>>]?: Value<C[N]>;
      }
    : never;

/** The primary key of a table as an object. */
export type KeyOf<T> = T extends Table<Columns, infer K> ? Pick<RowOf<T>, K & keyof RowOf<T>> : never;
