/**
 * Makes the golden stores of the present format anew. Only for a format that was never released: those that are here are what
 * every later version has to open. Run by hand: `npm run golden`; it needs a MongoDB.
 */
import { FORMAT } from '../../src/store/format.ts';
import { goldenPlace, STORES, writeAnswers } from '../support/golden-files.ts';
import { goldenKinds, goldenQuestions, goldenWorld } from '../support/golden-world.ts';
import { openTestMongo } from '../support/mongodb.ts';

const server = await openTestMongo();
if (!server) throw new Error('There is no MongoDB: npm run test:mongodb-setup');
for (const store of STORES) {
  const place = goldenPlace(store, server.url);
  const app = await goldenWorld(place.open);
  const questions = goldenQuestions(app.owner);
  const answers: [string, unknown][] = [];
  for (const [query, token] of questions) {
    const { data, errors } = await app.gql(query, {}, token);
    if (errors) throw new Error(`${JSON.stringify(errors)}: ${query}`);
    answers.push([query, data]);
  }
  const kinds = await goldenKinds(app.store);
  await app.close();
  await place.keep(FORMAT);
  writeAnswers(FORMAT, store, { owner: app.owner, answers, kinds });
  await place.dispose();
  process.stdout.write(`format ${FORMAT}, ${store}: ${JSON.stringify(kinds)}\n`);
}
await server.stop();
