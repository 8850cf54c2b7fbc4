// Names what failed in several test runs, then adds them up into one closing line.
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

const total = { passed: 0, failed: 0, skipped: 0 };
/** @param {string} what @param {string[]} messages */
const tell = (what, messages) => process.stdout.write(`FAILED ${what}\n${messages.join('\n').slice(0, 2000)}\n\n`);

for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  for (const { name, status, message, assertionResults } of report.testResults) {
    if (status !== 'failed') continue;
    const where = `(${basename(file, '.json')}) ${relative(process.cwd(), name)}`;
    const failures = assertionResults.filter((one) => one.status === 'failed');
    // A file that could not be loaded has no test to count.
    if (failures.length === 0) {
      total.failed += 1;
      tell(where, [message ?? '']);
    }
    for (const one of failures) tell(`${where}: ${one.fullName}`, one.failureMessages ?? []);
  }
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
