import type { Operation } from './load/plan.ts';
import type { TargetName } from './targets.ts';

/** One comparison: the same load against ours and against a yardstick, one after the other. */
export interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly secure: boolean;
  readonly ours: TargetName;
  readonly yardstick: TargetName;
  /** Least ratio of ours to the yardstick that we aim at. */
  readonly aim: number;
  readonly devices: number;
  /** Operations under way at a time: few enough for the receive buffer of either server. */
  readonly outstanding: number;
}

export const cases: readonly Case[] = [
  {
    name: 'CoAP request',
    operation: 'get',
    secure: false,
    ours: 'coap core',
    yardstick: 'echo',
    aim: 0.7,
    // Sockets, each with 16 requests under way.
    devices: 16,
    outstanding: 256,
  },
  {
    name: 'durable Update, coap',
    operation: 'update',
    secure: false,
    ours: 'reeve',
    yardstick: 'leshan',
    aim: 1.6,
    devices: 2000,
    outstanding: 256,
  },
  {
    name: 'durable Update, coaps',
    operation: 'update',
    secure: true,
    ours: 'reeve',
    yardstick: 'leshan',
    aim: 1.2,
    devices: 2000,
    outstanding: 256,
  },
  {
    name: 'stored notification, coaps',
    operation: 'notification',
    secure: true,
    ours: 'reeve',
    yardstick: 'leshan',
    aim: 2,
    devices: 2000,
    outstanding: 256,
  },
  {
    name: 'PSK handshake',
    operation: 'handshake',
    secure: true,
    ours: 'reeve',
    yardstick: 'leshan',
    aim: 2,
    devices: 2000,
    outstanding: 64,
  },
];
