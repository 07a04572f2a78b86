/** What the matrix knows of a foreign program. */
import type { PeerFolder } from './material.ts';
import type { Mode } from './modes.ts';

/** The role that the peer has. */
export type Role = 'client' | 'server';

/** What a peer is started with. */
export interface Situation {
  readonly mode: Mode;
  /** Of the server, on 127.0.0.1. */
  readonly port: number;
  /** The largest datagram that it may send, if it can be told; its own default if left out. */
  readonly mtu: number | undefined;
  readonly folder: PeerFolder;
}

/** One process of a peer. */
export interface Run {
  readonly command: readonly [string, ...string[]];
  readonly args: readonly string[];
  /**
   * What a client is told on its standard input, a line at a time; it sends each and gets an answer before the next. Those
   * that begin with `!` are for the program itself, and `MOVE` is for the network. None if the program knows by itself
   * what to send.
   */
  readonly lines: readonly string[];
}

export interface Peer {
  readonly name: string;
  /** Whether its programs are here; see `hasPeer`. */
  readonly isHere: () => boolean;
  readonly does: (mode: Mode, role: Role) => boolean;
  /** As a client: one process after the other. */
  readonly client: (situation: Situation) => readonly Run[];
  readonly server: (situation: Situation) => Omit<Run, 'lines'>;
  /** What it sends and echoes: lines of text, or requests and responses of CoAP. */
  readonly speaks: 'text' | 'coap';
  /** Whether one process of each role serves all cases, told by a line `!open` and the arguments of the next. */
  readonly lasts?: boolean;
}

export const FIRST = 'a first question';
export const SECOND = 'a second question';
/** Stands for a change of the client's address. */
export const MOVE = 'move';
