import { done, operation } from './makers.ts';
import type { TestApp } from './start-app.ts';

/** Inputs and operations of global secrets that tests share. */

export const aGlobalInput = (over: object = {}) => ({ name: 'Example Global', type: 'SECRET', ...over });

export const GLOBAL_FIELDS = `id slug name description type values masked valuePaths revision
  files { id path encoding size data masked }`;

/** Any mutation whose payload has a `globalSecret`. */
export const globalOp = (name: string, fields = GLOBAL_FIELDS): string =>
  operation(name, `globalSecret { ${fields} }`).replace(
    '... on Error',
    '... on LimitExceededError { limit maximum actual } ... on Error',
  );

/** A global secret that is there. */
export const aGlobal = async (app: TestApp, over: object = {}) =>
  (await done(app, globalOp('createGlobalSecret'), aGlobalInput(over))).globalSecret;

export const globalIdOf = (slug: string): string => Buffer.from(`GlobalSecret:${slug}`).toString('base64');
