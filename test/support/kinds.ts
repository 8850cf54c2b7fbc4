import type { Kind } from '../../src/store/port.ts';

/** But those of nouns that tests add. */
const ALL: Readonly<Record<Exclude<Kind, 'note'>, true>> = {
  instance: true,
  kek: true,
  dek: true,
  team: true,
  project: true,
  tag: true,
  role: true,
  token: true,
  tokenIndex: true,
  service: true,
  job: true,
  secretGroup: true,
  globalSecret: true,
  gitSync: true,
  vcsAccount: true,
  addon: true,
  externalAddon: true,
  app: true,
  environment: true,
  appSecret: true,
  appSecretValue: true,
  content: true,
  deployWebhook: true,
  restart: true,
  restartRequest: true,
  restartDelivery: true,
  restartQueue: true,
  running: true,
  idempotency: true,
};

/** Every kind of document: a new one is missing here until it is added. */
export const KINDS = Object.keys(ALL) as readonly Kind[];
