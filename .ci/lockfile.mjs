// Every package of the lock file carries a hash of what `npm ci` may install, and no address of a registry.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
const bad = installed.filter(([, { integrity, resolved }]) => !/^sha512-/.test(integrity ?? '') || resolved);
for (const [path, { resolved }] of bad)
  process.stderr.write(`${path}: ${resolved ? 'names a registry' : 'has no sha512 integrity'}\n`);
if (bad.length > 0) process.exit(1);
process.stdout.write(`${installed.length} packages, all with integrity\n`);
