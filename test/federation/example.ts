import { gatewayToken, startFederated } from '../support/federation/ask.ts';
import { startHive } from '../support/federation/hive.ts';
import { startPlatform } from '../support/federation/platform.ts';
import { supergraphOf } from '../support/federation/supergraph.ts';
import { aGroup, aProject, aServiceInput, done, PUT_SERVICE } from '../support/makers.ts';

/** A supergraph on this machine: Keyloom, a tiny platform, and Hive's gateway in front. `npm run example:federation`. */
const app = await startFederated({ federation: { prefix: 'Keyloom', key: ['projectId', 'id'] } });
const platform = await startPlatform();
const gateway = await gatewayToken(app, { networks: ['127.0.0.1'] });
await aProject(app);
await done(app, PUT_SERVICE, aServiceInput({ id: 'web', name: 'Web', variables: [{ name: 'PORT', value: '8080' }] }));
await aGroup(app, { name: 'Database', variables: [{ name: 'DB_HOST', value: 'db.internal' }] });
const { supergraph, errors } = await supergraphOf(app, gateway, platform);
if (errors.length > 0) throw new Error(errors.join('\n'));
const hive = await startHive({ supergraph, gateway, subscriptions: 'sse' });

const query = `{ service(projectId: "default-project", id: "web") { name environment { variables { name value } } } }`;
const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` };
const response = await fetch(hive.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say(`Hive's gateway: ${hive.url}\nKeyloom:        ${app.url}/federation\nPlatform:       ${platform.url}\n`);
say(`curl ${hive.url} -H 'content-type: application/json' -H 'authorization: Bearer ${app.owner}' \\`);
say(`  -d '${JSON.stringify({ query })}'\n\n${JSON.stringify(await response.json(), null, 2)}\n`);

const stop = async (): Promise<void> => {
  await hive.close();
  await platform.close();
  await app.close();
};
if (process.argv.includes('--once')) await stop();
else {
  say('Ctrl-C stops it.');
  process.once('SIGINT', () => void stop());
}
