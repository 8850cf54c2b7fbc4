import { AwsV4Signer } from 'aws4fetch';
import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { endpointOf, type Params } from './params.ts';

/** As signatures want it: 20261121T144313Z. */
const stamp = (date: Date): string => date.toISOString().replaceAll(/[:-]|\.\d{3}/g, '');

/** Asks where the bucket is, or for all buckets. Keys that are right but may not ask this are right all the same. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(
    host.signal,
    () => null,
    async (signal) => {
      const signer = new AwsV4Signer({
        url: `${endpointOf(it)}/${it.bucket === undefined ? '' : `${it.bucket}?location=`}`,
        accessKeyId: it.accessKey,
        secretAccessKey: it.secretKey,
        service: 's3',
        region: it.region,
        datetime: stamp(host.clock()),
      });
      const { url, headers } = await signer.sign();
      const response = await host.fetch(url, { headers: Object.fromEntries(headers), signal });
      if (response.status === 200) return;
      const code = /<Code>([A-Za-z]+)<\/Code>/.exec(await response.text())?.[1];
      if (code === 'AccessDenied') return;
      throw checkFailed(response.status === 401 || response.status === 403 ? 'CREDENTIALS' : 'FAILED');
    },
  );
