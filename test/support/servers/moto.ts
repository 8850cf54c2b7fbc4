import { join, resolve } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { freePort } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor, programOf } from './process.ts';

const OWN = join(resolve(import.meta.dirname, '../../..'), '.cache/moto/bin/moto_server');
const program = (): string => (programOf(OWN) ? OWN : 'moto_server');

export const hasMoto = (): boolean => hasServer('S3', program());

export interface S3Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface Moto {
  readonly port: number;
  /** May do everything with S3. */
  readonly allowed: S3Keys;
  /** May do nothing. */
  readonly idle: S3Keys;
  stop(): Promise<void>;
}

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };

/** An S3 server of its own that looks at signatures, with one bucket. */
export async function startMoto(bucket: string): Promise<Moto> {
  const place = await placeFor('root');
  const port = await freePort();
  // It looks at signatures only after that many requests: those below.
  const env = { INITIAL_NO_AUTH_ACTION_COUNT: '6', HOME: process.env.HOME };
  const child = place.start(programOf(program()) ?? '', ['-H', '127.0.0.1', '-p', String(port)], env);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGKILL');
    await place.remove();
  };
  const aws = new AwsClient({ accessKeyId: 'any', secretAccessKey: 'any', region: 'us-east-1', retries: 0 });
  const iam = async (action: string, fields: Readonly<Record<string, string>>): Promise<string> => {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...fields }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await aws.fetch(url, { method: 'POST', body, headers, aws: { service: 'iam' } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.text();
  };
  const aUser = async (name: string): Promise<S3Keys> => {
    await iam('CreateUser', { UserName: name });
    const answer = await iam('CreateAccessKey', { UserName: name });
    const leaf = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(answer)?.[1] ?? '';
    return { accessKey: leaf('AccessKeyId'), secretKey: leaf('SecretAccessKey') };
  };
  try {
    await answering(child, () => fetch(`${url}/moto-api/`));
    await aws.fetch(`${url}/${bucket}`, { method: 'PUT', aws: { service: 's3' } });
    const [allowed, idle] = [await aUser('allowed'), await aUser('idle')];
    await iam('PutUserPolicy', { UserName: 'allowed', PolicyName: 'all', PolicyDocument: JSON.stringify(EVERYTHING) });
    return { port, allowed, idle, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
