#!/usr/bin/env node
'use strict';
// `./reeve` on any Node >= 20: re-executes the installed Node 24 with the command line.
const { execNode, scripts, setUp } = require('./setup.cjs');

setUp();
execNode([...scripts.reeve, ...process.argv.slice(2)]);
