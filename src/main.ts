#!/usr/bin/env node
import { main } from './cli/main.ts';

// A listener takes the place of the inspector, which this signal would open to everybody on the machine.
if (process.env.KEYLOOM_DEVELOPMENT !== 'true') process.on('SIGUSR1', () => {});

// A reader that went away is no reason to end; whoever has to know whether a line was written is told.
process.stdout.on('error', () => {});

await main(process.argv.slice(2));
